using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>The connections to one address of one origin: a handler of its own, and the gate before it.</summary>
internal sealed class EndpointPool : IRequestCounts
{
    private readonly DrainGate _gate = new();
    private readonly CancellationTokenSource _draining = new();
    private readonly HandlerInvoker _invoker;
    private readonly EndpointDialer _dialer;
    private readonly Func<DateTimeOffset> _now;
    private readonly IPoolObserver? _observer;
    private readonly PoolHealth _health;
    private readonly PoolSampler _sampler;
    private readonly RequestBudget _budget;
    private readonly PoolBreaks _breaks;
    private long _totalRequests;

    /// <param name="dialer">The way to the address.</param>
    /// <param name="handler">Sends, over connections of <paramref name="dialer"/>.</param>
    /// <param name="now">The clock.</param>
    /// <param name="observer">Hears of changes; null for no observer.</param>
    /// <param name="limits">The limits of the pool; null: no limits.</param>
    /// <param name="startsSlowly">Whether other endpoints are warm already.</param>
    public EndpointPool(
        EndpointDialer dialer, HttpMessageHandler handler, Func<DateTimeOffset> now, IPoolObserver? observer = null,
        PoolLimits? limits = null, bool startsSlowly = false)
    {
        _dialer = dialer;
        _invoker = new HandlerInvoker(handler);
        _now = now;
        _observer = observer;
        _sampler = new PoolSampler(startsSlowly, now());
        Room = new PoolRoom(limits ?? PoolLimits.None, _gate, dialer);
        _budget = new RequestBudget(limits?.MaxRequestsPerConnection);
        _health = new PoolHealth(this, observer, now) { AwaitsProbe = limits?.AwaitsProbe == true };
        Probes = new PoolProbes(_health, this);
        _breaks = new PoolBreaks(dialer.Streams);
        Outcomes = new PoolOutcomes(this, _health, _sampler, now) { Timing = PoolTiming.Of(limits?.Clock) };
        dialer.Dialled = _health.OnDialled;
    }

    public PoolProbes Probes { get; }

    public IPEndPoint Address => _dialer.Address;

    public AddressFamily Family => Address.AddressFamily;

    public EndpointHealth Health => _health.Current;

    /// <summary>Requests whose response headers are awaited.</summary>
    public long ActiveRequests => _gate.Count;

    /// <summary>Requests whose response headers are awaited, and bodies that stream.</summary>
    public long Load => Room.Load;

    public float Share => _sampler.Share;

    /// <inheritdoc cref="PoolSampler.IsPressed"/>
    public bool IsPressed => _sampler.IsPressed;

    /// <summary>Whether the pool is connected and takes its full share.</summary>
    public bool IsWarm => _sampler.IsWarm && Health.State is EndpointState.Ready;

    /// <summary>The requests of late, by the latest sample.</summary>
    public RecentTraffic Traffic => _sampler.Traffic;

    /// <summary>Connections opened since the pool was made.</summary>
    public long TotalConnections => _dialer.Streams.Opened;

    public long TotalRequests => Volatile.Read(ref _totalRequests);

    public int OpenConnections => Streams.Count;

    /// <summary>The open connections.</summary>
    public OpenStreams Streams => _dialer.Streams;

    /// <summary>Whether a connection is open, idle or not, or a socket was dialled ahead.</summary>
    public bool IsConnected => _dialer.IsConnected;

    /// <summary>Whether it has room for one more request.</summary>
    public PoolRoom Room { get; }

    /// <summary>The outcomes of its requests.</summary>
    public PoolOutcomes Outcomes { get; }

    /// <summary>Dials that take long, and the requests that wait for them.</summary>
    public LateDials LateDials => _dialer.Late;

    /// <summary>Fires when the pool begins to drain.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Ends when the pool drains and the last request inside has its response headers, or has failed.</summary>
    public Task AllHeadersArrived => _gate.Empty;

    /// <summary>Ends when the handler was closed and the last connection is.</summary>
    public Task AllConnectionsClosed => _dialer.Streams.AllClosed;

    /// <summary>Lets a request in, unless the pool drains or so many are inside.</summary>
    public bool TryEnter(out GateLease lease, long limit = long.MaxValue)
    {
        lease = new GateLease(this, Outcomes.Timing?.OnSent(Room.IsOpen) ?? 0);
        return _gate.TryEnter(limit);
    }

    /// <summary>Whether the pool drains, and lets no request in any more.</summary>
    public bool IsClosed => _gate.IsClosed;

    /// <summary>Sends a request that holds a <see cref="GateLease"/>. The call itself never throws.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        if (_budget.MayBeSpent(Interlocked.Increment(ref _totalRequests)) && _budget.IsSpent(TotalRequests, OpenConnections))
        {
            _observer?.OnRenewalDue(this);
        }

        try
        {
            DrainSignal.Of(request)?.Follow(_draining.Token);
            return Outcomes.Latency.Watch(_invoker.InvokeAsync(request, async, cancellationToken));
        }
        catch (Exception exception)
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }
    }

    /// <summary>Connects ahead of a request. All callers at one time share one dial; it ends when the pool drains.</summary>
    /// <returns>Null when connected, else why not. Never fails.</returns>
    public Task<Exception?> DialAheadAsync()
    {
        _health.OnDialBegun();
        return _dialer.DialAheadAsync(_draining.Token);
    }

    /// <summary>As <see cref="DialAheadAsync"/>, but there is no dial if a connection is idle by now.</summary>
    public Task<Exception?> DialUnlessIdleAsync()
    {
        _health.OnDialBegun();
        return _dialer.DialUnlessIdleAsync(_draining.Token);
    }

    /// <summary>Allows new connections, or forbids them: then requests that need one fail to connect, and go elsewhere.</summary>
    public void AllowConnects(bool isAllowed) => _dialer.OpensConnections = isAllowed;

    /// <summary>Fails the dials that requests inside wait for, at once, and all later dials. The requests go to other endpoints.</summary>
    public void AbandonDials() => _dialer.Abandon();

    /// <summary>The next connect through the endpoint's handler fails with this error. It does not dial again.</summary>
    public void PassOnFailure(Exception failure) => _dialer.PassOnFailure(failure);

    /// <summary>Takes a sample while requests flow, a few times a second, one caller at a time.</summary>
    /// <returns>Of which kind the silence is, when requests wait and no answer came since the last sample.</returns>
    public PeerSilence SampleForSilence()
    {
        bool stalls = _sampler.Sample(this, _now());
        Room.Sample(_sampler.WasUsed);
        return stalls ? _dialer.SampleSilence(Health, _now()) : PeerSilence.None;
    }

    public bool CutSilent() => _dialer.CutSilent(_now());

    /// <summary>A sign that the server is gone, for an address that DNS does not name any more; null for no sign.</summary>
    /// <param name="idleTimeout">A pool that is not busy for this long is not needed; infinite: idleness is no sign.</param>
    public (DepartureReason Reason, string Detail)? FindDepartureSign(TimeSpan idleTimeout)
    {
        bool isBusy = ActiveRequests > 0 || OpenConnections > 0;
        TimeSpan idleFor = _sampler.IdleFor(isBusy, _now());
        bool hasEnded = _dialer.Streams.WasEndedByPeer;
        return new DepartureSigns(Health, _breaks.HasBroken, hasEnded, _dialer.OpensConnections, isBusy, idleFor).Find(idleTimeout);
    }

    /// <summary>DNS names the address: earlier signs of departure do not count.</summary>
    public void ForgetDepartureSigns()
    {
        _breaks.HasBroken = false;
        _dialer.Streams.WasEndedByPeer = false;
        _sampler.MarkBusy(_now());
    }

    /// <summary>The pool takes no new request from now on. Requests inside go on.</summary>
    public void BeginDrain(string reason)
    {
        _health.OnDraining(reason);
        _gate.Close();

        // The registrations are code of the application: not on this thread, and not under a lock of the library.
        _draining.CancelAsync().Forget();
    }

    /// <summary>Closes idle connections at once and the others when their responses end.</summary>
    /// <remarks>Only once the gate is empty, or time is up: over HTTP/2 the runtime fails requests that are just starting then.</remarks>
    /// <returns>Connections open at that moment.</returns>
    public int CloseHandler()
    {
        int open = _dialer.Seal();
        _invoker.Dispose();
        return open;
    }

    /// <summary>Closes what is still open.</summary>
    /// <returns>Connections cut.</returns>
    public int CutConnections() => _dialer.Streams.CutAll();

    /// <summary>A response arrived, whatever its status.</summary>
    public void OnAnswered() => _health.OnAnswered();

    /// <summary>An attempt ended without a response.</summary>
    public void OnUnanswered() => _health.OnUnanswered();

    /// <summary>A response arrived that says 421 (Misdirected Request): others are preferred until <see cref="OnNamedAgain"/>.</summary>
    public void OnMisdirected() => _health.OnMisdirected();

    /// <inheritdoc cref="PoolHealth.OnNamedAgain"/>
    public void OnNamedAgain() => _health.OnNamedAgain();

    /// <summary>A connect, or the handshake after it, took too long.</summary>
    public void OnConnectTimedOut(ConnectPhase phase) => _health.OnConnectTimedOut(phase);

    /// <summary>A request failed after it was sent, at least in part, or in the TLS handshake.</summary>
    public void OnFailed(HttpRequestException error)
    {
        if (Health.State is not EndpointState.Draining && _breaks.IsOneMore(error))
        {
            _health.OnBroken(error.Message);
        }
    }

    /// <summary>Takes the place of the one request that may try the endpoint, while that can be sent at once.</summary>
    public bool TryTakeTrial() => Health.IsOnTrial && Room.IsFree && _health.TryTakeTrial(isUnderWay: ActiveRequests > 0);

    /// <summary>An attempt to recover begins.</summary>
    public void OnRecoveryBegun() => _health.OnRecoveryBegun();

    /// <summary>One request may try the endpoint, if the connection that was dialled ahead is still open.</summary>
    public void BeginTrialIfOpen()
    {
        if (_dialer.HasOpenParked)
        {
            _health.OnTrialBegun();
        }
    }

    /// <summary>The health of a pool that takes the place of another one of its address, and is not offered yet.</summary>
    public void InheritHealth(EndpointPool before) => _health.Inherit(before.Health);
}
