using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Some addresses refuse, some swallow packets: no request waits for them longer than it must, none is lost to them.</summary>
public sealed class ConnectingTests
{
    [Theory]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.PickFirst)]
    [InlineData(LoadBalancingPolicy.PeakEwma)]
    public async Task OneRefusesAndOneSwallows_EachRequestIsAnswered(LoadBalancingPolicy policy)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.3.1", "127.0.3.2");
        using BlackHole hole = new("127.0.3.3", server.Port);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 60, "127.0.3.3", "127.0.3.4", "127.0.3.1", "127.0.3.2");
        await using DnsCache cache = new(resolver: dns);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = policy, ConnectTimeout = TimeSpan.FromMinutes(2) }, cache);
        using HttpClient client = new(handler);

        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < 200; i++)
        {
            (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami")).Should().BeOneOf("127.0.3.1", "127.0.3.2");
        }

        // Nobody waited for the silent address to time out.
        Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromMinutes(1));
        handler.GetSnapshot().Origins[0].Endpoints.Single(e => e.Address.Address.ToString() == "127.0.3.3").TotalRequests.Should().Be(0);
    }

    [Fact]
    public async Task AllRefuse_TheErrorNamesEachAddressAndIsOfTheRuntimesKind()
    {
        ScriptedResolver dns = new();
        dns.Says("svc.test", 60, "127.0.3.3", "127.0.3.4");
        await using DnsCache cache = new(resolver: dns);
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), null, cache));
        int port = LoopbackServer.FreePort();

        HttpRequestException error = (await client.Invoking(c => c.GetAsync($"http://svc.test:{port}/")).Should().ThrowAsync<HttpRequestException>()).Which;

        error.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        error.Message.Should().Contain($"127.0.3.3:{port}").And.Contain($"127.0.3.4:{port}").And.Contain($"(svc.test:{port})");
        error.InnerException.Should().BeOfType<System.Net.Sockets.SocketException>();
    }

    [Fact]
    public async Task WrappedConnectTimeout_BoundsTheWholeRace()
    {
        int port = LoopbackServer.FreePort();
        using BlackHole hole = new("127.0.3.5", port);
        using BlackHole other = new("127.0.3.6", port);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 60, "127.0.3.5", "127.0.3.6");
        await using DnsCache cache = new(resolver: dns);
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, null, cache));

        TaskCanceledException error = (await client.Invoking(c => c.GetAsync($"http://svc.test:{port}/")).Should().ThrowAsync<TaskCanceledException>()).Which;

        error.InnerException.Should().BeOfType<TimeoutException>();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task NewMemberThatSwallows_TakesNoRequestAndDelaysNone(int policy)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls: false, null, "127.0.3.7");
        using BlackHole hole = new("127.0.3.8", server.Port);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 60, "127.0.3.7");
        ManualTimeProvider clock = new();
        await using DnsCache cache = new(resolver: dns, timeProvider: clock);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = (LoadBalancingPolicy)(policy - 1) }, cache);
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami")).Should().Be("127.0.3.7");

        dns.Says("svc.test", 60, "127.0.3.7", "127.0.3.8");
        clock.Advance(TimeSpan.FromSeconds(61));
        // The next question is planned a moment after an answer was told: it may find its time past, and wait for the clock's next move.
        await Eventually.Holds(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(1));
                return handler.GetSnapshot().Origins[0].Endpoints.Length == 2;
            },
            "the new member joins");

        // The clock stands still: a request that waited for the race's delay would never end.
        for (int i = 0; i < 20; i++)
        {
            (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami").WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("127.0.3.7");
        }
    }
}
