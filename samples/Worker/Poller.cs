using DnsAwareHttp;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Worker;

/// <summary>Polls one URL, then prints the endpoints of its client.</summary>
internal sealed class Poller(
    IHttpClientFactory clients, IDnsAwareHandlers handlers, IOptions<PollOptions> options, IHostApplicationLifetime host)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One client for as long as the worker runs: the handler follows DNS, so no client has to be renewed.
        using HttpClient client = clients.CreateClient("api");
        using PeriodicTimer tick = new(options.Value.Interval);
        for (int poll = 0; poll < options.Value.Times && await tick.WaitForNextTickAsync(stoppingToken); poll++)
        {
            try
            {
                using HttpResponseMessage response = await client.GetAsync(options.Value.Url, stoppingToken);
                Console.WriteLine($"{(int)response.StatusCode} {response.ReasonPhrase}");
            }
            catch (HttpRequestException failure)
            {
                Console.WriteLine(failure.Message);
            }
        }

        DnsAwareSnapshot snapshot = handlers.GetHandler("api").GetSnapshot();
        if (options.Value.Json)
        {
            Console.WriteLine(snapshot.ToJson());
        }
        else
        {
            Print(snapshot);
        }

        host.StopApplication();
    }

    private static void Print(DnsAwareSnapshot snapshot)
    {
        foreach (OriginSnapshot origin in snapshot.Origins)
        {
            Console.WriteLine(origin.Origin);
            foreach (EndpointSnapshot endpoint in origin.Endpoints)
            {
                Console.WriteLine(
                    $"  {endpoint.Address}: {endpoint.State}, {endpoint.TotalRequests} requests, {endpoint.OpenConnections} connections");
            }
        }
    }
}
