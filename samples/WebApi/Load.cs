using WebApi.Rpc;

namespace WebApi;

/// <summary>A light and steady load on all clients, so that the pages have something to show.</summary>
internal sealed partial class Load(IHttpClientFactory clients, Prices.PricesClient prices, ILogger<Load> logger) : BackgroundService
{
    private long _answered;
    private long _failed;

    /// <summary>Requests that were answered completely, and requests that failed.</summary>
    public LoadCounts Counts => new(Interlocked.Read(ref _answered), Interlocked.Read(ref _failed));

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        HttpClient orders = clients.CreateClient("orders"), stock = clients.CreateClient("stock");
        return Task.WhenAll(
            EveryAsync(TimeSpan.FromSeconds(0.1), () => orders.GetStringAsync("/", stoppingToken), stoppingToken),
            EveryAsync(TimeSpan.FromSeconds(1), () => orders.GetStringAsync("/report", stoppingToken), stoppingToken),
            EveryAsync(TimeSpan.FromSeconds(0.2), () => stock.GetStringAsync("/", stoppingToken), stoppingToken),
            EveryAsync(TimeSpan.FromSeconds(0.2), () => PriceAsync(stoppingToken), stoppingToken));
    }

    private async Task PriceAsync(CancellationToken cancellationToken) =>
        await prices.GetAsync(new PriceRequest { Article = "chair" }, cancellationToken: cancellationToken);

    // The next request begins on time, also where the one before it has not ended.
    private async Task EveryAsync(TimeSpan interval, Func<Task> send, CancellationToken stoppingToken)
    {
        using PeriodicTimer tick = new(interval);
        List<Task> open = [];
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken))
            {
                open.RemoveAll(task => task.IsCompleted);
                open.Add(CountAsync(send, stoppingToken));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task CountAsync(Func<Task> send, CancellationToken stoppingToken)
    {
        try
        {
            await send();
            Interlocked.Increment(ref _answered);
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            Interlocked.Increment(ref _failed);
            RequestFailed(logger, failure.GetBaseException().Message);
        }
        catch (Exception)
        {
            // The application stops.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A request failed: {Reason}")]
    private static partial void RequestFailed(ILogger logger, string reason);
}
