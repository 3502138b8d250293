using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

public sealed class DnsAwareHandlerTests : IAsyncLifetime
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;
    private LoopbackServer _server = null!;

    public DnsAwareHandlerTests() => _cache = new DnsCache(resolver: _dns, timeProvider: _clock);

    private string Base => $"http://svc.test:{_server.Port}";

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, One, Two, "::1");
        _dns.Says("svc.test", 30, One);
    }

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task ConnectCallback_IsRefusedAtConstructionAndAtTheFirstRequest()
    {
        SocketsHttpHandler with = new() { ConnectCallback = static (_, _) => throw new NotSupportedException() };
        FluentActions.Invoking(() => new DnsAwareHandler(with)).Should().Throw<ArgumentException>().WithMessage("*ConfigureSocket*");

        SocketsHttpHandler later = new();
        using HttpClient client = new(Handler(later));
        later.ConnectCallback = static (_, _) => throw new NotSupportedException();
        await client.Invoking(c => c.GetAsync(Base)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*ConfigureSocket*");
    }

    [Fact]
    public async Task InnerHandlerSetToAnotherSocketsHttpHandler_ItsSettingsHold()
    {
        DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler);
        int streams = 0;
        handler.InnerHandler = new SocketsHttpHandler { PlaintextStreamFilter = CountsAsync };

        (await client.GetStringAsync($"{Base}/whoami")).Should().Be(One);

        streams.Should().Be(1);

        ValueTask<Stream> CountsAsync(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
        {
            streams++;
            return ValueTask.FromResult(context.PlaintextStream);
        }
    }

    [Fact]
    public async Task InnerHandlerSetToAnythingElse_FailsTheFirstRequestAndAsksNoServer()
    {
        DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler);
        StubHandler stub = new();
        handler.InnerHandler = stub;

        await client.Invoking(c => c.GetAsync(Base)).Should().ThrowAsync<InvalidOperationException>()
            .WithMessage("*StubHandler*Put your handler around it*");

        stub.Requests.Should().Be(0);
        _server.RequestsTo(One).Should().Be(0);
    }

    [Fact]
    public async Task InnerHandlerSetAfterTheFirstRequest_IsRefusedByTheSetter()
    {
        DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler);
        await client.GetStringAsync($"{Base}/whoami");

        handler.Invoking(h => h.InnerHandler = new StubHandler()).Should().Throw<InvalidOperationException>();
        (await client.GetStringAsync($"{Base}/whoami")).Should().Be(One);
    }

    [Fact]
    public async Task SynchronousSend_IsServedAndFollowsOnAtTheCallingThread()
    {
        (HttpStatusCode Status, int Before, int After) sent = await Task.Factory.StartNew(
            () =>
            {
                using HttpMessageInvoker client = new(Handler());
                using HttpRequestMessage request = new(HttpMethod.Get, $"{Base}/whoami");
                int before = Environment.CurrentManagedThreadId;
                using HttpResponseMessage response = client.Send(request, CancellationToken.None);
                return (response.StatusCode, before, Environment.CurrentManagedThreadId);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        sent.Status.Should().Be(HttpStatusCode.OK);
        sent.After.Should().Be(sent.Before);
    }

    [Fact]
    public async Task SynchronousSend_CancelledWhileItWaitsForTheFirstAnswer_IsACancellation()
    {
        _dns.Hold();
        using HttpMessageInvoker client = new(Handler());
        using CancellationTokenSource caller = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"{Base}/whoami");
        Task sending = Task.Factory.StartNew(() => client.Send(request, caller.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Eventually.Holds(() => _dns.Questions("svc.test") == 1, "the name is asked");

        await caller.CancelAsync();

        await FluentActions.Awaiting(() => sending).Should().ThrowAsync<OperationCanceledException>();
        _dns.Release();
    }

    [Fact]
    public async Task MaxConnectionsPerServer_HoldsForEachEndpoint()
    {
        _dns.Says("svc.test", 30, One, Two);
        DnsAwareHandler handler = Handler(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }, new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin });
        using HttpMessageInvoker client = new(handler);
        int[] Connections() => [.. handler.GetSnapshot().Origins.SelectMany(origin => origin.Endpoints).Select(endpoint => endpoint.OpenConnections)];

        // As long as one endpoint has no connection, the other one takes its requests.
        while (!Connections().SequenceEqual([1, 1]))
        {
            using HttpResponseMessage response = await Send(client, "/whoami");
            _ = await response.Content.ReadAsStringAsync();
        }

        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 4).Select(_ => Send(client, "/gated"))];

        await Eventually.Holds(() => requests.Count(request => request.IsCompleted) == 2, "one request each is served");
        Connections().Should().Equal(1, 1);
        _server.Gate.SetResult();
        foreach (Task<HttpResponseMessage> request in requests)
        {
            using HttpResponseMessage response = await request;
            (await response.Content.ReadAsStringAsync()).Should().HaveLength(20);
        }

        Connections().Should().Equal(1, 1);
    }

    [Fact]
    public async Task Disposed_IdleConnectionsCloseOpenResponsesCompleteAndNewRequestsAreRefused()
    {
        DnsAwareHandler handler = Handler();
        using HttpMessageInvoker client = new(handler, disposeHandler: false);
        using HttpResponseMessage open = await Send(client, "/gated");
        using (HttpResponseMessage idle = await Send(client, "/whoami"))
        {
            _ = await idle.Content.ReadAsStringAsync();
        }

        handler.Dispose();

        await Eventually.Holds(() => _server.OpenConnections == 1, "the idle connection closes");
        await client.Invoking(c => Send(c, "/whoami")).Should().ThrowAsync<ObjectDisposedException>();
        _server.Gate.SetResult();
        (await open.Content.ReadAsStringAsync()).Should().Be("0123456789abcdefghij");
        await handler.WhenDrained();
        await Eventually.Holds(() => _server.OpenConnections == 0, "all connections close");
        await _cache.DisposeAsync();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public void Disposed_ItsOwnCacheIsDisposedAndASharedOneIsNot()
    {
        DnsAwareHandler owner = new();
        DnsAwareHandler sharer = Handler();

        owner.Dispose();
        sharer.Dispose();

        FluentActions.Invoking(() => CacheOf(owner).Subscribe("svc.test", AddressFamily.Unspecified, static _ => { })).Should().Throw<ObjectDisposedException>();
        using IDisposable subscription = _cache.Subscribe("svc.test", AddressFamily.Unspecified, static _ => { });
    }

    [Fact]
    public async Task CacheDisposed_TheHandlerGoesOnWithTheAddressesItKnows()
    {
        using HttpClient client = new(Handler());
        _ = await client.GetStringAsync($"{Base}/whoami");

        await _cache.DisposeAsync();

        (await client.GetStringAsync($"{Base}/whoami")).Should().Be(One);
    }

    [Fact]
    public async Task DrainSignal_FiresWhenItsEndpointBeginsToDrainAndNotWhenAnotherDoes()
    {
        _dns.Says("svc.test", 30, One, Two);
        DnsAwareHandler handler = Handler(options: new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst, Membership = MembershipMode.Strict });
        using HttpMessageInvoker client = new(handler);
        DrainSignal signal = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"{Base}/whoami");
        request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);

        // Each process begins with another one.
        string first = await response.Content.ReadAsStringAsync();

        await Flip(handler, first);
        signal.Token.IsCancellationRequested.Should().BeFalse();
        await Flip(handler, first == One ? Two : One);

        await Eventually.Holds(() => signal.Token.IsCancellationRequested, "the signal fires");
    }

    [Fact]
    public async Task ManyFirstRequests_AskOnce()
    {
        _dns.Hold();
        using HttpClient client = new(Handler(new SocketsHttpHandler { MaxConnectionsPerServer = 16 }));
        Task<string>[] requests = [.. Enumerable.Range(0, 500).Select(_ => client.GetStringAsync($"{Base}/whoami"))];

        _dns.Release();
        (await Task.WhenAll(requests)).Should().OnlyContain(who => who == One);

        _dns.Questions("svc.test").Should().Be(1);
    }

    [Fact]
    public async Task AfterTheFirstAnswer_RequestsDoNotWaitForDns()
    {
        using HttpClient client = new(Handler());
        _ = await client.GetStringAsync($"{Base}/whoami");
        _dns.Hold();
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Moves(_dns.Questions("svc.test") == 2), "the refresh is under way");

        (await client.GetStringAsync($"{Base}/whoami").WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(One);

        _dns.Questions("svc.test").Should().Be(2);
        _dns.Release();
    }

    [Fact]
    public async Task DnsFailsForAMinute_NoRequestFailsOrWaits()
    {
        using HttpClient client = new(Handler());
        _ = await client.GetStringAsync($"{Base}/whoami");
        _dns.Fails("svc.test");

        for (int second = 0; second < 60; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            (await client.GetStringAsync($"{Base}/whoami").WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(One);
        }
    }

    [Fact]
    public async Task PostToADeadAddress_ArrivesWholeAtTheNextOne()
    {
        _dns.Says("svc.test", 30, "127.0.0.3", Two);
        using HttpClient client = new(Handler(options: new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst }));
        byte[] body = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];

        using HttpResponseMessage response = await client.PostAsync($"{Base}/echo", new StreamContent(new MemoryStream(body)));

        (await response.Content.ReadAsByteArrayAsync()).Should().Equal(body);
        _server.RequestsTo(Two).Should().Be(1);
    }

    [Fact]
    public async Task CancelledWhileItWaitsForTheFirstAnswer_IsACancellationAndDisturbsNobodyElse()
    {
        _dns.Hold();
        using HttpClient client = new(Handler());
        using CancellationTokenSource caller = new();
        Task<HttpResponseMessage> mine = client.GetAsync($"{Base}/whoami", caller.Token);
        Task<string> other = client.GetStringAsync($"{Base}/whoami");

        await caller.CancelAsync();

        TaskCanceledException error = (await FluentActions.Awaiting(() => mine).Should().ThrowAsync<TaskCanceledException>()).Which;
        error.CancellationToken.Should().Be(caller.Token);
        _dns.Release();
        (await other).Should().Be(One);
        _dns.Questions("svc.test").Should().Be(1);
    }

    [Fact]
    public async Task HttpClientTimeoutDuringResolution_IsATimeout()
    {
        _dns.Hold();
        using HttpClient client = new(Handler()) { Timeout = TimeSpan.FromMilliseconds(50) };

        TaskCanceledException error = (await client.Invoking(c => c.GetAsync(Base)).Should().ThrowAsync<TaskCanceledException>()).Which;

        error.InnerException.Should().BeOfType<TimeoutException>();
        _dns.Release();
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("[::1]")]
    [InlineData("localhost")]
    public async Task LiteralOrLocalhost_WorksWithoutAskingTheResolver(string host)
    {
        using HttpClient client = new(Handler());

        _ = await client.GetStringAsync($"http://{host}:{_server.Port}/whoami");

        _dns.Questions(host.Trim('[', ']')).Should().Be(0);
        _dns.Questions(host).Should().Be(0);
    }

    [Fact]
    public async Task Snapshot_TellsOriginAnswerAndEndpoints()
    {
        DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler);
        handler.GetSnapshot().Origins.Should().BeEmpty();
        _ = await client.GetStringAsync($"{Base}/whoami");

        DnsAwareSnapshot snapshot = handler.GetSnapshot();

        snapshot.TakenAt.Should().Be(_clock.GetUtcNow());
        snapshot.PassThroughRequests.Should().Be(0);
        OriginSnapshot origin = snapshot.Origins.Should().ContainSingle().Which;
        (origin.Origin, origin.Host, origin.Port).Should().Be((Base, "svc.test", _server.Port));
        origin.Answer!.Addresses.Should().Equal(IPAddress.Parse(One));
        origin.Answer.IsStale.Should().BeFalse();
        origin.Answer.ExpiresAt.Should().Be(_clock.GetUtcNow() + TimeSpan.FromSeconds(30));
        origin.Endpoints.Should().Equal(new EndpointSnapshot
        {
            Address = new IPEndPoint(IPAddress.Parse(One), _server.Port),
            State = EndpointState.Ready,
            Reason = "connected",
            Since = _clock.GetUtcNow(),
            Latency = origin.Endpoints[0].Latency, // It may be noted a moment after the answer. The clock stands.
            ActiveRequests = 0,
            TotalRequests = 1,
            OpenConnections = 1,
            Membership = "present",
            TotalConnections = 1,
            IsPreferred = true,
        });
        (origin.Endpoints[0].Latency ?? TimeSpan.Zero).Should().Be(TimeSpan.Zero);
        origin.Membership.Should().Be(MembershipMode.Adaptive);
        (origin.Answer.Source, origin.Answer.TtlLeft, origin.Answer.Failures).Should().Be((nameof(ScriptedResolver), TimeSpan.FromSeconds(30), 0));
        origin.Answer.NextQuestionAt.Should().BeOnOrAfter(origin.Answer.ExpiresAt);
        snapshot.Changes.Should().ContainSingle().Which.Should().BeOfType<DnsAwareChange.EndpointJoined>();
    }

    [Fact]
    public async Task HandlerDroppedWithoutDisposal_IsCollectedOnceItsOriginsHaveClosed()
    {
        WeakReference handler = await UseAndDrop();
        await Eventually.Holds(() => _server.OpenConnections == 0, "its idle connection closes");

        await Eventually.Holds(
            () =>
            {
                _clock.Advance(TimeSpan.FromMinutes(6));
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !handler.IsAlive;
            },
            "the handler is collected");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_cache")]
    private static extern ref DnsCache CacheOf(DnsAwareHandler handler);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> UseAndDrop()
    {
        DnsAwareHandler handler = Handler(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
        HttpMessageInvoker client = new(handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, $"{Base}/whoami");
        request.Headers.ConnectionClose = true;
        using (HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None))
        {
            _ = await response.Content.ReadAsStringAsync();
        }

        return new WeakReference(handler);
    }

    private async Task Flip(DnsAwareHandler handler, string address)
    {
        _dns.Says("svc.test", 30, address);
        _clock.Advance(TimeSpan.FromSeconds(30.2));
        await Eventually.Holds(
            () => Moves(handler.GetSnapshot().Origins[0].Endpoints.Where(e => e.State is not EndpointState.Draining).Select(e => e.Address.Address.ToString()).SequenceEqual([address])),
            "the change is followed");
    }

    // A question is planned a moment after the answer before it was told: it may find its time past, and wait for the clock's next move.
    private bool Moves(bool condition)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        return condition;
    }

    private Task<HttpResponseMessage> Send(HttpMessageInvoker client, string path) =>
        client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Base + path), CancellationToken.None);

    private DnsAwareHandler Handler(SocketsHttpHandler? wrapped = null, DnsAwareOptions? options = null) => new(wrapped ?? new SocketsHttpHandler(), options, _cache);
}
