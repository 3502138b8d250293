using System.Collections.Concurrent;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>One of two addresses is off for a second while many requests are under way: it serves again soon after it is back, however many of them met it.</summary>
[Collection(nameof(Alone))]
public sealed class ShortOutageTests
{
    private const int Workers = 64;
    private const string Off = "127.0.69.1";
    private const string Well = "127.0.69.2";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    public async Task AddressOffForASecondUnderLoad_ServesAgainSoonAfterwards(LoadBalancingPolicy policy)
    {
        int port = LoopbackServer.FreePort();
        await using LoopbackServer well = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, port, Well);
        LoopbackServer before = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, port, Off);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 60, Off, Well);
        await using DnsCache cache = new(resolver: dns);
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = policy }, cache))
        {
            BaseAddress = new Uri($"http://svc.test:{port}"),
        };
        ConcurrentQueue<string> answers = [];
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];
        await Eventually.Holds(() => before.RequestsTo(Off) > Workers && well.RequestsTo(Well) > Workers, "both serve");

        await before.CutAsync();
        await Task.Delay(Outage);
        answers.Clear();
        await using LoopbackServer after = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, port, Off);

        try
        {
            await Eventually.Holds(() => after.RequestsTo(Off) > 0, "the address serves again");
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(workers);
        }

        answers.Should().OnlyContain(answer => answer == Off || answer == Well);

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                // What was under way at the cut may fail: it was sent. Afterwards nothing does.
                try
                {
                    answers.Enqueue(await client.GetStringAsync("/whoami", CancellationToken.None));
                }
                catch (HttpRequestException failure)
                {
                    answers.Enqueue(failure.Message);
                }

                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }
}
