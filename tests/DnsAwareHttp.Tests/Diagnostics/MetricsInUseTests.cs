using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using DnsAwareHttp.Tests.Sending;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Diagnostics;

/// <summary>Each metric, and what makes it rise: a server on loopback addresses, and a name server that says what the test says.</summary>
public sealed class MetricsInUseTests : IAsyncLifetime
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Nobody = "127.0.0.9";

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly MeasuredMeters _meters = new();
    private readonly DnsCache _cache;
    private readonly List<HttpClient> _clients = [];
    private LoopbackServer _server = null!;

    public MetricsInUseTests() => _cache = new DnsCache(null, _dns, _clock, null, _meters);

    private string Base => $"http://svc.test:{_server.Port}";

    public async Task InitializeAsync()
    {
        _server = await StartAsync(HttpProtocols.Http1, tls: false);
        _dns.Says("svc.test", 30, One);
    }

    public async Task DisposeAsync()
    {
        _clients.ForEach(static client => client.Dispose());
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
        _meters.Dispose();
    }

    [Fact]
    public async Task Lookup_ItsOutcomeAndItsSource()
    {
        HttpClient client = Client();
        await client.GetStringAsync($"{Base}/whoami");
        _dns.Says("gone.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        await client.Invoking(c => c.GetStringAsync("http://gone.test")).Should().ThrowAsync<HttpRequestException>();
        _dns.Says("lame.test", new Answer.Failed("SERVFAIL") { ErrorType = "servfail" });
        await client.Invoking(c => c.GetStringAsync("http://lame.test")).Should().ThrowAsync<HttpRequestException>();

        _meters.TagsOf("dnsaware.lookup.duration").Should().Equal(
            "dns.question.name=svc.test lookup.outcome=found lookup.source=other",
            "dns.question.name=gone.test lookup.outcome=nxdomain lookup.source=other",
            "dns.question.name=lame.test lookup.outcome=failed lookup.source=other error.type=servfail");
    }

    [Fact]
    public async Task Cache_AMissThenFreshThenStale()
    {
        HttpClient client = Client();
        await client.GetStringAsync($"{Base}/whoami");
        await client.GetStringAsync($"{Base}/whoami");
        _dns.Fails("svc.test");
        await RefreshAsync();
        await Eventually.Holds(() => _meters.TagsOf("dnsaware.lookup.duration").Length == 2, "the name is asked again");
        await Eventually.Answers(
            async () =>
            {
                await client.GetStringAsync($"{Base}/whoami");
                return _meters.TagsOf("dnsaware.cache.request.count")[^1];
            },
            "cache.result=stale");

        _meters.TagsOf("dnsaware.cache.request.count").Take(2).Should().Equal("cache.result=miss", "cache.result=fresh");
    }

    [Fact]
    public async Task AnswerAge_IsTheTimeSinceTheQuestion()
    {
        await Client().GetStringAsync($"{Base}/whoami");
        _meters.Look("dnsaware.answer.age").Should().Equal("0");

        _clock.Advance(TimeSpan.FromSeconds(10));

        _meters.Look("dnsaware.answer.age").Should().Equal("10");
    }

    [Fact]
    public async Task EndpointCount_IdleAndReadyAndBackoff()
    {
        _dns.Says("svc.test", 30, Nobody, One, Two);
        HttpClient client = Client(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst, ConnectAttemptDelay = TimeSpan.FromSeconds(10) });
        for (int i = 0; i < 20; i++)
        {
            await client.GetStringAsync($"{Base}/whoami");
        }

        string[] seen = _meters.Look("dnsaware.endpoint.count");

        seen.Should().Contain("1 endpoint.state=ready");
        seen.Sum(static text => int.Parse(text.Split(' ')[0])).Should().Be(3, string.Join(", ", seen));
    }

    [Fact]
    public async Task EndpointCount_OneThatRefusesIsInBackoff()
    {
        _dns.Says("svc.test", 30, Nobody);
        await Client().Invoking(c => c.GetStringAsync($"{Base}/whoami")).Should().ThrowAsync<HttpRequestException>();

        _meters.Look("dnsaware.endpoint.count").Should().Equal("1 endpoint.state=backoff");
        _meters.TagsOf("dnsaware.connect.duration").Should().Contain("network.type=ipv4 error.type=connection_refused");
    }

    [Fact]
    public async Task EndpointCount_OneThatDoesNotAnswerTheConnectIsConnecting()
    {
        using BlackHole hole = new();
        _dns.Says("hole.test", 30, One);
        using CancellationTokenSource patience = new();
        Task<string> waiting = Client().GetStringAsync($"http://hole.test:{hole.EndPoint.Port}/", patience.Token);

        await Eventually.Holds(() => _meters.Look("dnsaware.endpoint.count").Contains("1 endpoint.state=connecting"), "a connect is under way");
        _meters.Look("dnsaware.request.waiting").Should().Equal("1");

        await patience.CancelAsync();
        await waiting.Invoking(w => w).Should().ThrowAsync<OperationCanceledException>();
        _meters.TagsOf("dnsaware.request.wait.duration").Should().Equal("wait.kind=dns", "wait.kind=connection");
        _meters.Look("dnsaware.request.waiting").Should().Equal("0");
    }

    [Fact]
    public async Task EndpointCount_OneThatTheAnswerLacksIsLingering()
    {
        HttpClient client = Client(new DnsAwareOptions { Membership = MembershipMode.Logical });
        await client.GetStringAsync($"{Base}/whoami");
        _dns.Says("svc.test", 30, Two);

        await RefreshAsync();

        await Eventually.Holds(() => _meters.Look("dnsaware.endpoint.count").Contains("1 endpoint.state=lingering"), "the old address lingers");
    }

    [Fact]
    public async Task Departure_IsADrainAndAConvergence()
    {
        HttpClient client = Client(new DnsAwareOptions { Membership = MembershipMode.Strict });
        using HttpResponseMessage open = await client.GetAsync($"{Base}/gated", HttpCompletionOption.ResponseHeadersRead);
        _dns.Says("svc.test", 30, Two);
        await RefreshAsync();
        await Eventually.Answers(() => client.GetStringAsync($"{Base}/whoami"), Two);
        await Eventually.Holds(
            () => _meters.Look("dnsaware.endpoint.count").Contains("1 endpoint.state=draining"), "the old address drains");
        _meters.TagsOf("dnsaware.convergence.duration").Should().BeEmpty("the last byte is not there yet");

        _server.Gate.SetResult();
        await open.Content.ReadAsStringAsync();

        await Eventually.Holds(() => _meters.TagsOf("dnsaware.convergence.duration").Length == 1, "the last connection ends");
        _meters.TagsOf("dnsaware.membership.change.count").Should().Equal(
            "membership.change=joined", "membership.change=joined", "membership.change=left departure.reason=left_dns");
        _meters.TagsOf("dnsaware.drain.duration").Should().Equal("departure.reason=left_dns");
        _meters.TagsOf("dnsaware.drain.connection.count").Should().Equal("drain.outcome=graceful");
        _meters.Look("dnsaware.endpoint.count").Should().Contain("0 endpoint.state=draining", "an exporter would keep the last number");
    }

    [Fact]
    public async Task DrainTimeout_CutsAConnection()
    {
        HttpClient client = Client(new DnsAwareOptions { Membership = MembershipMode.Strict, DrainTimeout = TimeSpan.FromSeconds(5) });
        using HttpResponseMessage open = await client.GetAsync($"{Base}/gated", HttpCompletionOption.ResponseHeadersRead);
        _dns.Says("svc.test", 30, Two);
        await RefreshAsync();
        await Eventually.Answers(() => client.GetStringAsync($"{Base}/whoami"), Two);

        await Eventually.Holds(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(6));
                return _meters.TagsOf("dnsaware.drain.connection.count").Contains("drain.outcome=cut");
            },
            "the drain is cut");
    }

    [Theory]
    [InlineData(One, "ipv4")]
    [InlineData("::1", "ipv6")]
    public async Task Connect_ItsFamilyAndTheRequestsOnIt(string address, string family)
    {
        _dns.Says("svc.test", 30, address);
        HttpClient client = Client();
        await client.GetStringAsync($"{Base}/whoami");
        await client.GetStringAsync($"{Base}/whoami");
        await client.GetStringAsync($"{Base}/whoami");

        // The runtime may open one more than it needs on a busy machine.
        _meters.TagsOf("dnsaware.connect.duration").Should().NotBeEmpty().And.OnlyContain(tags => tags == $"network.type={family}");
        int opened = (int)_meters.Sum("dnsaware.connection.opened.count", $"network.type={family}");
        opened.Should().BePositive();
        _meters.Sum("dnsaware.request.count", "connection.state=new").Should().Be(Math.Min(opened, 3));
        _meters.Sum("dnsaware.request.count", "connection.state=reused").Should().Be(3 - Math.Min(opened, 3));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task TlsHandshake_IsMeasured(HttpProtocols protocol)
    {
        await using LoopbackServer server = await StartAsync(protocol, tls: true);
        HttpClient client = Client(sockets: new SocketsHttpHandler { SslOptions = Trusting(true) });
        client.DefaultRequestVersion = protocol is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;

        await client.GetStringAsync($"https://svc.test:{server.Port}/whoami");
        await client.GetStringAsync($"https://svc.test:{server.Port}/whoami");

        _meters.TagsOf("dnsaware.tls.handshake.duration").Should().NotBeEmpty().And.OnlyContain(static tags => tags.Length == 0);
    }

    [Fact]
    public async Task TlsHandshake_ThatIsNotTrusted()
    {
        await using LoopbackServer server = await StartAsync(HttpProtocols.Http1, tls: true);
        HttpClient client = Client(sockets: new SocketsHttpHandler { SslOptions = Trusting(false) });

        await client.Invoking(c => c.GetStringAsync($"https://svc.test:{server.Port}/whoami")).Should().ThrowAsync<HttpRequestException>();

        await Eventually.Holds(() => _meters.TagsOf("dnsaware.tls.handshake.duration").Length > 0, "the connection is closed");
        _meters.TagsOf("dnsaware.tls.handshake.duration").Should().OnlyContain(tags => tags == "error.type=secure_connection_error");
    }

    [Fact]
    public async Task WaitForDns_IsSeenWhileItLasts()
    {
        _dns.Hold();
        Task<string> waiting = Client().GetStringAsync($"{Base}/whoami");
        await Eventually.Holds(() => _meters.Look("dnsaware.request.waiting").Contains("1"), "a request waits");

        _dns.Release();
        await waiting;

        _meters.Look("dnsaware.request.waiting").Should().Equal("0");
        _meters.TagsOf("dnsaware.request.wait.duration").Should().Contain("wait.kind=dns");
    }

    [Fact]
    public async Task Reset_OfAConnectionThatAwaitsItsAnswer()
    {
        await using RawServer server = RawServer.Start(
            async connection =>
            {
                await connection.ReadRequestAsync();
                connection.Reset();
            },
            addresses: One);

        await Client().Invoking(c => c.PostAsync($"http://svc.test:{server.Port}/", new StringContent("x"))).Should().ThrowAsync<HttpRequestException>();

        await Eventually.Holds(() => _meters.Sum("dnsaware.connection.reset.count") == 1, "the reset is counted");
    }

    [Fact]
    public async Task ConnectionThatEndsAsItShould_IsNoReset()
    {
        HttpClient client = Client();
        await client.GetStringAsync($"{Base}/whoami");
        client.Dispose();
        await Eventually.Holds(() => _meters.TagsOf("dnsaware.drain.duration").Length == 1, "the connection is closed");

        _meters.Of("dnsaware.connection.reset.count").Should().BeEmpty();
    }

    [Fact]
    public async Task Misdirected_IsCountedEachTime()
    {
        _dns.Says("svc.test", 30, One, Two);

        using HttpResponseMessage response = await Client().GetAsync($"{Base}/elsewhere");

        response.StatusCode.Should().Be(HttpStatusCode.MisdirectedRequest);
        _meters.Sum("dnsaware.request.misdirected.count").Should().Be(2, "both addresses said so");
    }

    [Fact]
    public async Task Failover_FromAnAddressThatRefusesTheConnect()
    {
        await using ClusterBench bench = new();
        bench.Says("10.0.0.1", answer: null);
        OriginCluster cluster = bench.Open("10.0.0.1", "10.0.0.2");

        (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);

        bench.Meters.TagsOf("dnsaware.request.failover.count").Should().Equal("error.type=connection_refused");
    }

    [Fact]
    public async Task NoFailover_WhereThereIsNoOtherAddress()
    {
        await using ClusterBench bench = new();
        bench.Says("10.0.0.1", answer: null);
        OriginCluster cluster = bench.Open("10.0.0.1");

        await cluster.Invoking(c => ClusterBench.Send(c)).Should().ThrowAsync<HttpRequestException>();

        bench.Meters.TagsOf("dnsaware.request.failover.count").Should().BeEmpty();
    }

    [LinuxFact]
    public async Task RoundTripTime_AndSegmentsSentAgain()
    {
        HttpClient client = Client();
        await client.GetStringAsync($"{Base}/whoami");
        double.Parse(_meters.Look("dnsaware.tcp.rtt").Should().ContainSingle().Subject).Should().BeInRange(0.000001, 1);
        _meters.Look("dnsaware.tcp.retransmit.count").Should().Equal("0");

        _server.GoSilent(One);
        using CancellationTokenSource patience = new();
        Task<string> unanswered = client.GetStringAsync($"{Base}/whoami", patience.Token);
        await Eventually.Holds(() => double.Parse(_meters.Look("dnsaware.tcp.retransmit.count").Single()) > 0, "the segment is sent again");

        await patience.CancelAsync();
        await unanswered.Invoking(request => request).Should().ThrowAsync<OperationCanceledException>();
        _server.ComeBack(One);
        await Eventually.Holds(() => _meters.Look("dnsaware.tcp.rtt").Length == 0, "the connection is closed");
        double.Parse(_meters.Look("dnsaware.tcp.retransmit.count").Single()).Should().BePositive("the count never falls");
    }

    [Fact]
    public async Task AddressTags_OnlyWhereTheyAreWanted()
    {
        await Client().GetStringAsync($"{Base}/whoami");
        _meters.Series.Should().NotContain(series => series.Contains("network.peer", StringComparison.Ordinal));

        await Client(new DnsAwareOptions { AddressTags = true }).GetStringAsync($"{Base}/whoami");

        string peer = $"network.peer.address={One} network.peer.port={_server.Port}";
        _meters.TagsOf("dnsaware.request.count").Should().Contain($"{peer} connection.state=new");
        _meters.TagsOf("dnsaware.connect.duration").Should().Contain($"{peer} network.type=ipv4");
        _meters.TagsOf("dnsaware.connection.opened.count").Should().Contain($"{peer} network.type=ipv4");
    }

    [Fact]
    public async Task DroppedHandler_IsCollectedAndItsEndpointsCountNoLonger()
    {
        WeakReference handler = await UseAndDropAsync();
        _meters.Look("dnsaware.endpoint.count").Should().Equal("1 endpoint.state=ready");

        await Eventually.Holds(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !handler.IsAlive && _meters.Look("dnsaware.endpoint.count").Contains("0 endpoint.state=ready");
            },
            "the handler is collected");
    }

    [Fact]
    public async Task ListenerThatSendsARequestWhenItHearsOfAnInstrument_HarmsNoOne()
    {
        HttpClient client = Client();
        Task<string>? sent = null;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Scope == _meters && instrument.Name == "dnsaware.request.count" && sent is null)
            {
                sent = client.GetStringAsync($"{Base}/whoami");
            }
        };
        listener.Start(); // The cache has announced the instruments: they are told now.

        (await client.GetStringAsync($"{Base}/whoami")).Should().Be(One);
        (await sent!).Should().Be(One);
    }

    [Fact]
    public async Task TwoHandlersOfOneOrigin_AreOneSeries()
    {
        await Client().GetStringAsync($"{Base}/whoami");
        await Client().GetStringAsync($"{Base}/whoami");

        _meters.Look("dnsaware.endpoint.count").Should().Equal("2 endpoint.state=ready");
        _meters.Meters.Where(static meter => meter.Name == DnsAwareMetrics.MeterName).Should().ContainSingle();
    }

    private static SslClientAuthenticationOptions Trusting(bool isTrusted) => new() { RemoteCertificateValidationCallback = (_, _, _, _) => isTrusted };

    private static Task<LoopbackServer> StartAsync(HttpProtocols protocols, bool tls) => LoopbackServer.StartAsync(
        protocols, tls,
        static app => app.MapGet("/elsewhere", static context =>
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return Task.CompletedTask;
        }),
        One, Two, "::1");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> UseAndDropAsync()
    {
        DnsAwareHandler handler = new(new SocketsHttpHandler { MeterFactory = _meters }, null, _cache);
        HttpClient client = new(handler);
        await client.GetStringAsync($"{Base}/whoami");
        return new WeakReference(handler);
    }

    // Until the name is asked again.
    private async Task RefreshAsync()
    {
        int before = _dns.Questions("svc.test");
        _clock.Advance(TimeSpan.FromSeconds(30.2));
        await Eventually.Holds(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(1));
                return _dns.Questions("svc.test") > before && _cache.IsQuiet;
            },
            "the name is asked again");
    }

    private HttpClient Client(DnsAwareOptions? options = null, SocketsHttpHandler? sockets = null)
    {
        sockets ??= new SocketsHttpHandler();
        sockets.MeterFactory = _meters;
        HttpClient client = new(new DnsAwareHandler(sockets, options, _cache));
        _clients.Add(client);
        return client;
    }
}
