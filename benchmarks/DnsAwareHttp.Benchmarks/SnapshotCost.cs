using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What it costs to look at a large process: 1,000 origins with 8 endpoints each, all of them open.</summary>
internal static class SnapshotCost
{
    private const int Origins = 1000;
    private const int Endpoints = 8;
    private const int Rounds = 41;

    public static async Task<int> RunAsync()
    {
        using TcpListener server = new(IPAddress.Any, 0);
        server.Start(backlog: 512);
        _ = AnswerAsync(server);
        int port = ((IPEndPoint)server.LocalEndpoint).Port;

        // All addresses are this machine, so that each endpoint can be connected to.
        using DnsCache cache = new(resolver: new FixedResolver("127.0.0", Endpoints));
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), cache: cache);
        using HttpClient client = new(handler, disposeHandler: false);
        await Parallel.ForAsync(0, Origins, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancellation) =>
            (await client.GetAsync(new Uri($"http://service-{i}.test:{port}/"), cancellation)).Dispose());

        DnsAwareSnapshot snapshot = handler.GetSnapshot();
        Console.WriteLine($"{snapshot.Origins.Length} origins, {snapshot.Origins.Sum(origin => origin.Endpoints.Length)} endpoints");
        Console.WriteLine("what              median ms   min ms   max ms       bytes");
        await MeasureAsync("GetSnapshot()", () => Task.FromResult<object>(handler.GetSnapshot()));
        await MeasureAsync("ToJson()", () => Task.FromResult<object>(snapshot.ToJson()));

        await using WebApplication app = await StartPageAsync(handler);
        using HttpClient reader = new();
        Uri page = new($"{app.Urls.First()}/dns-aware");
        await MeasureAsync("the page", async () => await reader.GetStringAsync(page));
        await MeasureAsync("its JSON", async () => await reader.GetStringAsync(new Uri($"{page}/json")));
        return 0;
    }

    private static async Task MeasureAsync(string what, Func<Task<object>> act)
    {
        double[] times = new double[Rounds];
        await act();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Rounds; i++)
        {
            long began = Stopwatch.GetTimestamp();
            GC.KeepAlive(await act());
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        long bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / Rounds;
        Array.Sort(times);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-16} {times[Rounds / 2],10:F2} {times[0],8:F2} {times[^1],8:F2} {bytes,11:N0}"));
    }

    private static async Task<WebApplication> StartPageAsync(DnsAwareHandler handler)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDnsAwareStatus("measured", handler);
        WebApplication app = builder.Build();
        app.MapDnsAwareHttp("/dns-aware");
        await app.StartAsync();
        return app;
    }

    private static async Task AnswerAsync(TcpListener server)
    {
        while (true)
        {
            Socket socket = await server.AcceptSocketAsync();
            _ = AnswerAsync(socket);
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        }
    }
}
