using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace DnsAwareHttp.SampleTests;

/// <summary>The sample WebApi as it runs, on free ports.</summary>
internal sealed class WebApiSample : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Sample _sample;

    private WebApiSample(Sample sample, Uri address)
    {
        _sample = sample;
        Browser = new HttpClient { BaseAddress = address };
    }

    /// <summary>Asks the sample for its pages.</summary>
    public HttpClient Browser { get; }

    public static async Task<WebApiSample> StartAsync()
    {
        int http = FreePort(), grpc = FreePort();
        Sample sample = Sample.Start(
            "WebApi",
            "--urls=http://127.0.0.1:0",
            $"--Backends:HttpPort={http}",
            $"--Backends:GrpcPort={grpc}",
            $"--Orders:Url=http://orders.shop.test:{http}/",
            $"--Stock:Url=http://stock.shop.test:{http}/",
            $"--Prices:Url=http://prices.shop.test:{grpc}/");
        string? line = null;
        await Eventually.Holds(() => sample.HasEnded || (line = Announcement(sample)) is not null, "the sample listens");
        return new WebApiSample(sample, new Uri((line ?? throw new InvalidOperationException(sample.ToString()))[Listening.Length..]));
    }

    /// <summary>Requests of its load that were answered, and requests that failed.</summary>
    public async Task<(long Answered, long Failed)> LoadAsync()
    {
        JsonElement load = await Browser.GetFromJsonAsync<JsonElement>("/load");
        return (load.GetProperty("answered").GetInt64(), load.GetProperty("failed").GetInt64());
    }

    /// <summary>The endpoints of a client: address without port, and state.</summary>
    public async Task<IReadOnlyDictionary<string, string>> EndpointsAsync(string client)
    {
        JsonElement status = await Browser.GetFromJsonAsync<JsonElement>("/dns-aware/json");
        return status.GetProperty("handlers").TryGetProperty(client, out JsonElement handler)
            ? handler.GetProperty("origins").EnumerateArray().SelectMany(origin => origin.GetProperty("endpoints").EnumerateArray())
                .ToDictionary(AddressOf, endpoint => endpoint.GetProperty("state").GetString()!)
            : new Dictionary<string, string>();
    }

    /// <summary>Asks until the answer is as it should be.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"{what}: not in time.");
            }

            await tick.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await _sample.DisposeAsync();
    }

    public override string ToString() => _sample.ToString();

    private static string AddressOf(JsonElement endpoint) =>
        IPEndPoint.Parse(endpoint.GetProperty("address").GetString()!).Address.ToString();

    private static string? Announcement(Sample sample) =>
        sample.Output.Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(Listening, StringComparison.Ordinal));

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
