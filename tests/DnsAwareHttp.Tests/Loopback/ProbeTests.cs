using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Probes open the connections of new endpoints, and keep requests away from those that are ill.</summary>
public sealed class ProbeTests : IAsyncLifetime
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";
    private const string Three = "127.0.0.3";

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly ConcurrentQueue<string> _probed = new();
    private readonly ConcurrentDictionary<string, bool> _ill = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new();
    private LoopbackServer _server = null!;
    private DnsCache _cache = null!;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, One, Two, Three);
        _cache = new DnsCache(resolver: _dns, timeProvider: _clock);
    }

    public async Task DisposeAsync()
    {
        foreach (TaskCompletionSource held in _held.Values)
        {
            held.TrySetResult();
        }

        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task WarmUp_ProbesEachAddress_AndTheFirstRequestFindsAConnection()
    {
        _dns.Says("svc.test", 300, One, Two, Three);
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);

        await handler.WarmUpAsync(Url("/"));

        _probed.Should().BeEquivalentTo(One, Two, Three);
        EndpointSnapshot[] warm = Endpoints(handler);
        warm.Should().OnlyContain(e => e.Probe == ProbeState.Passed && e.OpenConnections == 1 && e.State == EndpointState.Ready);
        using HttpRequestMessage request = new(HttpMethod.Get, Url("/whoami"));
        RequestTrace trace = new();
        request.Options.Set(DnsAwareHandler.TraceKey, trace);
        (await client.SendAsync(request)).Dispose();
        (trace.ConnectTime, trace.LookupTime).Should().Be((TimeSpan.Zero, TimeSpan.Zero));
        Endpoints(handler).Sum(e => e.TotalConnections).Should().Be(3);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task WarmUpOverTls_RequestsUseTheConnectionsThatTheProbesOpened(HttpProtocols protocols)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls: true, Map, One, Two, Three);
        _dns.Says("svc.test", 300, One, Two, Three);
        SocketsHttpHandler wrapped = new();
        wrapped.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        Version version = protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        using DnsAwareHandler handler = Handler(wrapped, new EndpointProbe { Timeout = TimeSpan.FromMinutes(1), Version = version });
        using HttpClient client = new(handler, disposeHandler: false) { DefaultRequestVersion = version };
        Uri url = new($"https://svc.test:{server.Port}/whoami");

        await handler.WarmUpAsync(url);
        for (int i = 0; i < 50; i++)
        {
            using HttpResponseMessage response = await client.GetAsync(url);
            response.Version.Should().Be(version);
        }

        Endpoints(handler).Should().OnlyContain(e => e.TotalConnections == 1 && e.TotalRequests > 1);
    }

    [Fact]
    public async Task WarmUpWithoutAProbe_ConnectsToEachAddress()
    {
        _dns.Says("svc.test", 300, One, Two, Three);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), cache: _cache);

        await handler.WarmUpAsync(Url("/"));

        Endpoints(handler).Should().OnlyContain(e => e.State == EndpointState.Ready && e.Probe == ProbeState.None);
    }

    [Fact]
    public async Task WarmUp_NoAddressAnswers_TheErrorListsEach()
    {
        _dns.Says("svc.test", 300, "127.0.0.9", "127.0.0.10");
        using DnsAwareHandler handler = Handler();

        Func<Task> act = () => handler.WarmUpAsync(Url("/"));

        (await act.Should().ThrowAsync<HttpRequestException>()).Which.Message.Should()
            .StartWith("None of the 2 addresses of http://svc.test:").And.Contain("127.0.0.9").And.Contain("127.0.0.10");
    }

    [Fact]
    public async Task WarmUp_NoSuchName_IsTheErrorOfARequest()
    {
        _dns.Says("svc.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)));
        using DnsAwareHandler handler = Handler();

        Func<Task> act = () => handler.WarmUpAsync(Url("/"));

        (await act.Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
    }

    [Fact]
    public async Task WarmUp_ACallerThatGivesUp_IsCancelled()
    {
        _held[One] = new TaskCompletionSource();
        _dns.Says("svc.test", 300, One);
        using DnsAwareHandler handler = Handler();
        using CancellationTokenSource caller = new();

        Task warming = handler.WarmUpAsync(Url("/"), caller.Token);
        await Eventually.Holds(() => _probed.Contains(One), "the probe is under way");
        await caller.CancelAsync();

        await FluentActions.Awaiting(() => warming).Should().ThrowAsync<OperationCanceledException>();
    }

    [Theory]
    [InlineData("relative/path")]
    [InlineData("ftp://svc.test/")]
    public async Task WarmUp_OfWhatCannotBeSent_IsRefused(string uri)
    {
        using DnsAwareHandler handler = Handler();

        Func<Task> act = () => handler.WarmUpAsync(new Uri(uri, UriKind.RelativeOrAbsolute));

        (await act.Should().ThrowAsync<Exception>()).Which.Should().Match(e => e is ArgumentException || e is NotSupportedException)
            .And.Subject.As<Exception>().Message.Should().Contain(uri);
    }

    [Fact]
    public async Task NewAddress_GetsNoRequestBeforeItsProbePassed()
    {
        _held[Two] = new TaskCompletionSource();
        _dns.Says("svc.test", 30, One);
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        (await client.GetStringAsync(Url("/whoami"))).Should().Be(One);
        _dns.Says("svc.test", 30, One, Two);
        await Eventually.Holds(() => Moves(_probed.Contains(Two), 1000), "the new address is probed");

        for (int i = 0; i < 20; i++)
        {
            (await client.GetStringAsync(Url("/whoami"))).Should().Be(One, "the probe of the other is awaited");
        }

        Endpoint(handler, Two).Probe.Should().Be(ProbeState.Awaited);
        _held[Two].SetResult();
        await Eventually.Holds(() => Endpoint(handler, Two).Probe == ProbeState.Passed, "its probe passes");
        await Eventually.Holds(async () => await client.GetStringAsync(Url("/whoami")) == Two, "it takes requests");
        Endpoint(handler, Two).TotalConnections.Should().Be(1, "requests use the connection that the probe opened");
    }

    [Fact]
    public async Task Flip_TheOldAddressServesUntilTheNewOnePassed()
    {
        _held[Two] = new TaskCompletionSource();
        _dns.Says("svc.test", 30, One);
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        (await client.GetStringAsync(Url("/whoami"))).Should().Be(One);
        _dns.Says("svc.test", new Answer.Found([IPAddress.Parse(Two)], TimeSpan.FromSeconds(30), IsComplete: true));
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Moves(_probed.Contains(Two), 1), "the new address is probed");

        (await client.GetStringAsync(Url("/whoami"))).Should().Be(One);

        _held[Two].SetResult();
        await Eventually.Holds(async () => await client.GetStringAsync(Url("/whoami")) == Two, "the new address takes over");
    }

    [Fact]
    public async Task ActiveEndpointFailsItsProbesTwice_RequestsGoElsewhere_UntilItPasses()
    {
        _dns.Says("svc.test", 86_400, One, Two);
        using CapturingLogger log = new();
        using DnsAwareHandler handler = Handler(log: log);
        using HttpClient client = new(handler, disposeHandler: false);
        await handler.WarmUpAsync(Url("/"));
        _ill[One] = true;

        await Eventually.Holds(() => UsedWhileTimeGoesOn(client, () => Endpoint(handler, One).Probe == ProbeState.Failed), "its probes fail");

        Endpoint(handler, One).Reason.Should().Be("its probe failed: 500 (InternalServerError)");
        for (int i = 0; i < 20; i++)
        {
            (await client.GetStringAsync(Url("/whoami"))).Should().Be(Two);
        }

        _ill.Clear();
        await Eventually.Holds(() => UsedWhileTimeGoesOn(client, () => Endpoint(handler, One).Probe == ProbeState.Passed), "its probe passes");
        await Eventually.Holds(async () => await client.GetStringAsync(Url("/whoami")) == One, "it takes requests again");
        await Eventually.Holds(() => log.Events.Contains("ProbePassed"), "the log tells");
        log.Events.Count(name => name is "ProbeFailed" or "ProbePassed").Should().Be(2, "one line each way");
    }

    [Fact]
    public async Task AllFailTheirProbes_AllAreUsed()
    {
        _ill[One] = _ill[Two] = true;
        _dns.Says("svc.test", 300, One, Two);
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        await FluentActions.Awaiting(() => handler.WarmUpAsync(Url("/"))).Should().ThrowAsync<HttpRequestException>();

        HashSet<string> seen = [];
        await Eventually.Holds(async () => seen.Add(await client.GetStringAsync(Url("/whoami"))) || seen.Count == 2, "better a try than a refusal");
    }

    [Fact]
    public async Task IdleOrigin_IsNotProbed()
    {
        _dns.Says("svc.test", 86_400, One);
        using DnsAwareHandler handler = Handler(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromDays(1) });
        using HttpClient client = new(handler, disposeHandler: false);
        (await client.GetStringAsync(Url("/whoami"))).Should().Be(One);
        await Eventually.Holds(() => UsedWhileTimeGoesOn(client, () => _probed.Count >= 3), "a used origin is probed again and again");
        int before = -1;
        await Eventually.Holds(
            () =>
            {
                bool isQuiet = before == _probed.Count;
                before = _probed.Count;
                _clock.Advance(TimeSpan.FromMinutes(1));
                return isQuiet;
            },
            "the probes end");

        for (int i = 0; i < 60; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        _probed.Count.Should().Be(before, "no request came");
    }

    [Fact]
    public async Task IsHealthyThrows_TheProbeFails()
    {
        _dns.Says("svc.test", 300, One);
        using DnsAwareHandler handler = Handler(probe: new EndpointProbe { IsHealthy = _ => throw new InvalidOperationException("no idea") });

        Func<Task> act = () => handler.WarmUpAsync(Url("/"));

        (await act.Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().Contain("no idea");
    }

    [Fact]
    public async Task AskedAtATime_OneProbeIsUnderWay()
    {
        _held[One] = new TaskCompletionSource();
        _dns.Says("svc.test", 300, One);
        using DnsAwareHandler handler = Handler();

        Task[] warming = [.. Enumerable.Range(0, 20).Select(_ => handler.WarmUpAsync(Url("/")))];
        await Eventually.Holds(() => _probed.Contains(One), "the probe is under way");
        _held[One].SetResult();
        await Task.WhenAll(warming);

        _probed.Count.Should().BeLessThanOrEqualTo(2, "all of them joined one, but for those that came after its end");
    }

    private static EndpointSnapshot[] Endpoints(DnsAwareHandler handler) =>
        [.. handler.GetSnapshot().Origins.SelectMany(origin => origin.Endpoints)];

    private static EndpointSnapshot Endpoint(DnsAwareHandler handler, string address) =>
        Endpoints(handler).Single(e => e.Address.Address.ToString() == address);

    private void Map(WebApplication app) => app.MapGet("/health", async (HttpContext context) =>
    {
        string address = context.Connection.LocalIpAddress!.ToString();
        _probed.Enqueue(address);
        if (_held.TryGetValue(address, out TaskCompletionSource? held))
        {
            await held.Task;
        }

        return Results.StatusCode(_ill.ContainsKey(address) ? StatusCodes.Status500InternalServerError : StatusCodes.Status204NoContent);
    });

    private Uri Url(string path) => new($"http://svc.test:{_server.Port}{path}");

    private DnsAwareHandler Handler(
        SocketsHttpHandler? wrapped = null, EndpointProbe? probe = null, CapturingLogger? log = null)
    {
        probe ??= new EndpointProbe { Timeout = TimeSpan.FromMinutes(1) };
        probe.Path = "/health";
        return new DnsAwareHandler(wrapped ?? new SocketsHttpHandler(), new DnsAwareOptions { Probe = probe }, _cache, log);
    }

    private bool Moves(bool condition, int milliseconds)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return condition;
    }

    private async Task<bool> UsedWhileTimeGoesOn(HttpClient client, Func<bool> condition)
    {
        (await client.GetAsync(Url("/whoami"))).Dispose();
        return Moves(condition(), 1000);
    }
}
