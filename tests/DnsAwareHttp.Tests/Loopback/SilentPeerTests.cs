using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>An address goes silent under load, connections and all: who is on it waits, nobody else does.</summary>
public sealed class SilentPeerTests(ITestOutputHelper output)
{
    private const int Workers = 24;
    private const string Silent = "127.0.4.1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static TheoryData<HttpProtocols, bool, LoadBalancingPolicy> Rows() => OperatingSystem.IsLinux()
        ? new()
        {
            { HttpProtocols.Http1, false, LoadBalancingPolicy.LeastRequests },
            { HttpProtocols.Http1, true, LoadBalancingPolicy.RoundRobin },
            { HttpProtocols.Http2, false, LoadBalancingPolicy.RoundRobin },
            { HttpProtocols.Http2, true, LoadBalancingPolicy.LeastRequests },
            { HttpProtocols.Http2, false, LoadBalancingPolicy.PickFirst },
        }
        : [];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task GoesSilentUnderLoad_OnlyRequestsOnItWait_ComesBackAndIsUsedAgain(HttpProtocols protocols, bool tls, LoadBalancingPolicy policy)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls, null, Silent, "127.0.4.2", "127.0.4.3");
        ScriptedResolver dns = new();
        dns.Says("svc.test", 300, Silent, "127.0.4.2", "127.0.4.3");
        await using DnsCache cache = new(resolver: dns);
        SocketsHttpHandler wrapped = new();
        wrapped.SslOptions.RemoteCertificateValidationCallback = delegate { return true; };
        DnsAwareOptions options = new() { LoadBalancing = policy, ConnectTimeout = TimeSpan.FromSeconds(2) };
        using DnsAwareHandler handler = new(wrapped, options, cache);
        using HttpClient client = new(handler)
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://svc.test:{server.Port}"),
            DefaultRequestVersion = protocols == HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Patience,
        };
        ConcurrentBag<(long StartedAt, string Error)> failures = [];
        using CancellationTokenSource stop = new();
        string victim = policy is LoadBalancingPolicy.PickFirst ? await First(client) : Silent;
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];
        await Eventually.Holds(() => server.RequestsTo(victim) > 100, "it takes its share");

        server.GoSilent(victim);
        long wentSilent = Stopwatch.GetTimestamp();
        await Eventually.Holds(() => Of(handler, victim).All(e => e.State is EndpointState.Draining or EndpointState.Failing or EndpointState.Connecting), "the silence is noticed");
        long noticed = Stopwatch.GetTimestamp();
        int before = Others(server, victim);
        await Eventually.Holds(() => Others(server, victim) > before + 2_000, "the others serve on");

        server.ComeBack(victim);
        if (policy is not LoadBalancingPolicy.PickFirst)
        {
            int then = server.RequestsTo(victim);
            await Eventually.Holds(() => Of(handler, victim).Any(e => e.State is EndpointState.Ready) && server.RequestsTo(victim) > then + 100, "it is used again");
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        output.WriteLine($"{protocols} tls={tls} {policy}: noticed after {Stopwatch.GetElapsedTime(wentSilent, noticed).TotalMilliseconds:0} ms, {failures.Count} failed");
        failures.Where(failure => failure.StartedAt > noticed).Should().BeEmpty("who starts later does not meet it");

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                long startedAt = Stopwatch.GetTimestamp();
                try
                {
                    _ = await client.GetStringAsync("/whoami", stop.Token);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    // The test is over.
                }
                catch (Exception exception)
                {
                    failures.Add((startedAt, exception.ToString()));
                }
            }
        }
    }

    private static Task<string> First(HttpClient client) => client.GetStringAsync("/whoami");

    private static IEnumerable<EndpointSnapshot> Of(DnsAwareHandler handler, string address) =>
        handler.GetSnapshot().Origins[0].Endpoints.Where(e => e.Address.Address.ToString() == address);

    private static int Others(LoopbackServer server, string victim) =>
        new[] { Silent, "127.0.4.2", "127.0.4.3" }.Where(address => address != victim).Sum(server.RequestsTo);
}
