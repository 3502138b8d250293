using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>The connections to one address of one origin: a handler of its own, and the gate before it.</summary>
internal sealed class EndpointPool
{
    private const int BreaksToFail = 3;
    private const float FirstShare = 0.1f;
    private static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(10);

    private readonly DrainGate _gate = new();
    private readonly Entrance _entrance;
    private readonly EndpointDialer _dialer;
    private readonly Func<DateTimeOffset> _now;
    private readonly CancellationTokenSource _draining = new();
    private readonly int? _maxRequestsPerConnection;
    private volatile EndpointStatus _status;
    private volatile float _share = 1;
    private volatile int _streamingBodies;
    private volatile bool _hasRoute = true;
    private volatile int _priority;
    private volatile float _weight = 1;
    private volatile string _membership = "present";
    private volatile bool _broke;
    private DateTimeOffset _lastBusy;
    private long _totalRequests;
    private long _renewAt;
    private long _answeredBefore;
    private long _openedBeforeBreak = -1;

    /// <param name="dialer">Its way to the address.</param>
    /// <param name="handler">What sends, over connections of <paramref name="dialer"/>.</param>
    /// <param name="now">The clock.</param>
    /// <param name="maxRequestsPerConnection">Requests that its connections may serve on average before <see cref="RenewalDue"/> is told; null: never.</param>
    public EndpointPool(EndpointDialer dialer, HttpMessageHandler handler, Func<DateTimeOffset> now, int? maxRequestsPerConnection = null)
    {
        _dialer = dialer;
        _maxRequestsPerConnection = maxRequestsPerConnection;
        _renewAt = maxRequestsPerConnection ?? long.MaxValue;
        _entrance = new Entrance(handler);
        _now = now;
        _status = new EndpointStatus(EndpointState.Idle, "not used yet", now());
        _lastBusy = now();
        dialer.Dialled = NoteDial;
    }

    public IPEndPoint Address => _dialer.Address;

    public AddressFamily Family => Address.AddressFamily;

    public EndpointStatus Status => _status;

    /// <summary>Whether others are preferred: connecting to it fails, it is not the place for this origin, or there is no way to it.</summary>
    public bool IsAvoided => !_hasRoute || _status is { State: EndpointState.Failing } or { IsMisdirected: true };

    /// <summary>Why it is in use, or left, for people. Said by whoever decides.</summary>
    public string Membership
    {
        get => _membership;
        set => _membership = value;
    }

    /// <summary>Whether this host has a route to the address. Said by whoever orders the addresses.</summary>
    public bool HasRoute
    {
        get => _hasRoute;
        set => _hasRoute = value;
    }

    /// <summary>Those of a lower number go first (RFC 2782). Said by whoever knows the service; 0 where there is none.</summary>
    public int Priority
    {
        get => _priority;
        set => _priority = value;
    }

    /// <summary>Its part of the requests, relative to that of others of the same priority. Said by whoever knows the service; 1 where there is none.</summary>
    public float Weight
    {
        get => _weight;
        set => _weight = value;
    }

    /// <summary>Requests whose response headers are awaited.</summary>
    public long ActiveRequests => _gate.Count;

    /// <summary>What it has to do: requests whose response headers are awaited, and long bodies that stream over connections of their own.</summary>
    public long Load => _gate.Count + _streamingBodies;

    /// <summary>The share that it takes of what would fall to it: less than 1 while it is new beside others that are warm.</summary>
    public float Share => _share;

    public long TotalRequests => Volatile.Read(ref _totalRequests);

    public int OpenConnections => _dialer.Streams.Count;

    /// <summary>Fires when the pool begins to drain.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Told when connecting begins to fail or succeeds again, and when it first answers 421.</summary>
    public Action<EndpointPool>? HealthChanged { get; set; }

    /// <summary>Told when its connections have served as many requests on average as they may.</summary>
    public Action<EndpointPool>? RenewalDue { get; set; }

    /// <summary>Lets a request in, unless the pool is draining.</summary>
    public bool TryEnter(out Passage passage)
    {
        passage = new Passage(_gate);
        return _gate.TryEnter();
    }

    /// <summary>Sends a request that holds a <see cref="Passage"/>.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _totalRequests) >= Volatile.Read(ref _renewAt))
        {
            AskForRenewalIfDue();
        }

        DrainSignal.Of(request)?.Follow(_draining.Token);
        return async ? _entrance.PassAsync(request, cancellationToken) : _entrance.Pass(request, cancellationToken);
    }

    /// <summary>Whether it may open new connections; if not, requests that need one are told so, and go elsewhere.</summary>
    public bool OpensConnections
    {
        get => _dialer.OpensConnections;
        set => _dialer.OpensConnections = value;
    }

    /// <summary>Whether a request can be sent without waiting for a connect.</summary>
    public bool IsConnected => _dialer.IsConnected;

    /// <summary>Connects ahead of a request. All who ask at one time share one dial; it ends when the pool drains.</summary>
    /// <returns>Null when connected, else why not. Never fails.</returns>
    public Task<Exception?> DialAheadAsync()
    {
        NoteFirstDial();
        return _dialer.DialAheadAsync(_draining.Token);
    }

    /// <summary>As <see cref="DialAheadAsync"/>, but nothing is dialled if it is connected by now.</summary>
    public Task<Exception?> DialUnlessConnectedAsync()
    {
        NoteFirstDial();
        return _dialer.DialUnlessConnectedAsync(_draining.Token);
    }

    /// <summary>It joined others that are warm: from its first connection on it reaches its full share within ten seconds.</summary>
    public void StartSlowly() => _share = FirstShare;

    /// <summary>Looks at the pool while requests flow, a few times a second, one caller at a time: how much streams, how warm it is, whether its peer has gone silent.</summary>
    /// <returns>Whether requests await answers, none came since the last look, and the peer acknowledges nothing: it, or the way to it, is gone.</returns>
    public bool LookForSilence()
    {
        _streamingBodies = _dialer.Streams.CountStreaming();
        if (_share < 1)
        {
            _share = ShareOf(_status);
        }

        long answered = TotalRequests - ActiveRequests;
        bool stalls = ActiveRequests > 0 && answered == _answeredBefore;
        _answeredBefore = answered;
        return stalls && _dialer.IsSilent;
    }

    /// <summary>What tells that its peer is leaving, for one that DNS does not name any more; null when nothing does. One caller at a time.</summary>
    /// <param name="idleTimeout">Without a connection or a request for this long nobody needs it; infinite: that tells nothing.</param>
    public string? LookForFarewell(TimeSpan idleTimeout)
    {
        if (ActiveRequests > 0 || OpenConnections > 0)
        {
            _lastBusy = _now();
        }

        return _status.State is EndpointState.Failing ? "refused"
            : _broke ? "its connection broke"
            : _dialer.Streams.WasEndedByPeer ? "it ended a connection"
            : !OpensConnections && OpenConnections == 0 && ActiveRequests == 0 ? "without connections"
            : idleTimeout >= TimeSpan.Zero && _now() - _lastBusy >= idleTimeout ? "without traffic"
            : null;
    }

    /// <summary>DNS names it: what looked like a farewell before was none.</summary>
    public void ForgetFarewell()
    {
        _broke = false;
        _dialer.Streams.WasEndedByPeer = false;
        _lastBusy = _now();
    }

    /// <summary>Dials that requests inside wait for fail at once, and so do later ones: those requests go elsewhere.</summary>
    public void AbandonDials() => _dialer.Abandon();

    /// <summary>The next connect through the endpoint's handler fails like this, instead of trying the same once more.</summary>
    public void PassOnFailure(Exception failure) => _dialer.PassOnFailure(failure);

    /// <summary>From now on takes no new request. Those inside go on.</summary>
    public void BeginDrain(string reason)
    {
        _status = new EndpointStatus(EndpointState.Draining, reason, _now());
        _membership = reason;
        _gate.Close();

        // Those who hear of it are the application's own code: not on this thread, and not under a lock of ours.
        _draining.CancelAsync().Forget();
    }

    /// <summary>Ends when the last request inside has its response headers, or has failed.</summary>
    public Task AllHeadersArrived => _gate.Empty;

    /// <summary>Closes idle connections at once and the others when their responses end.</summary>
    /// <remarks>
    /// Only once the gate is empty, or time is up: over HTTP/2 the runtime fails requests that are just starting while their handler is disposed.
    /// </remarks>
    /// <returns>Connections open at that moment.</returns>
    public int CloseHandler()
    {
        int open = _dialer.Seal();
        _entrance.Dispose();
        return open;
    }

    /// <summary>Ends when the handler was closed and the last connection is.</summary>
    public Task AllConnectionsClosed => _dialer.Streams.AllClosed;

    /// <summary>Closes what is still open.</summary>
    /// <returns>Connections cut.</returns>
    public int CutConnections() => _dialer.Streams.CutAll();

    /// <summary>A request's connection broke before its answer, or its TLS handshake failed: three in a row, and the endpoint is failing.</summary>
    /// <returns>False: usable as an exception filter that only looks.</returns>
    public bool NoteBreak(HttpRequestException error)
    {
        EndpointStatus before = _status;

        // A stream that an HTTP/2 server resets says nothing of its connection: that is how servers cancel and refuse single requests.
        bool isHandshake = error.HttpRequestError is HttpRequestError.SecureConnectionError;
        bool broke = isHandshake || error.HttpRequestError is HttpRequestError.ResponseEnded || error.InnerException is IOException and not HttpProtocolException;
        if (broke && before.State is not EndpointState.Draining)
        {
            _broke = true;

            // All requests on an HTTP/2 connection fail with it. That is one break, until another connection was tried.
            long opened = _dialer.Streams.Opened;
            if (Interlocked.Exchange(ref _openedBeforeBreak, opened) == opened && !isHandshake)
            {
                return false;
            }

            int breaks = before.Breaks + 1;
            bool fails = breaks >= BreaksToFail || before.State is EndpointState.Failing;
            Become(before, fails
                ? new EndpointStatus(EndpointState.Failing, $"{breaks} connections in a row broke: {error.Message}", before.State is EndpointState.Failing ? before.Since : _now(), before.Failures + 1, breaks, before.IsMisdirected)
                : before with { Breaks = breaks });
        }

        return false;
    }

    /// <summary>A response arrived, whatever its status.</summary>
    public void NoteAnswer()
    {
        EndpointStatus before = _status;
        if (before.Breaks > 0)
        {
            Become(before, before with { Breaks = 0 });
        }
    }

    /// <summary>It answered 421 (Misdirected Request): others are preferred until <see cref="ForgetMisdirected"/>.</summary>
    public void NoteMisdirected()
    {
        EndpointStatus before = _status;
        if (!before.IsMisdirected)
        {
            Become(before, before with { IsMisdirected = true, Reason = "answered 421 (Misdirected Request): avoided until the next answer about its name" });
        }
    }

    /// <summary>The name has a new answer. Whoever calls this makes a new <c>EndpointSet</c>: nobody is told.</summary>
    public void ForgetMisdirected()
    {
        EndpointStatus before = _status;
        if (before.IsMisdirected)
        {
            Interlocked.CompareExchange(ref _status, before with { IsMisdirected = false, Reason = "named by a newer answer" }, before);
        }
    }

    public EndpointSnapshot Snapshot()
    {
        EndpointStatus status = _status;
        return new EndpointSnapshot
        {
            Address = Address,
            State = status.State,
            Reason = status.Reason,
            Since = status.Since,
            ActiveRequests = ActiveRequests,
            TotalRequests = TotalRequests,
            OpenConnections = OpenConnections,
            Membership = Membership,
        };
    }

    private void NoteFirstDial()
    {
        EndpointStatus before = _status;
        if (before.State is EndpointState.Idle)
        {
            Interlocked.CompareExchange(ref _status, new EndpointStatus(EndpointState.Connecting, "connecting for the first time", _now()), before);
        }
    }

    private void NoteDial(Exception? failure)
    {
        EndpointStatus before = _status;
        if (before.State is EndpointState.Draining || (failure is null && before.State is EndpointState.Ready))
        {
            return;
        }

        Become(
            before,
            failure is null
                ? new EndpointStatus(EndpointState.Ready, "connected", _now(), 0, before.Breaks, before.IsMisdirected)
                : new EndpointStatus(
                    EndpointState.Failing, failure.Message, before.State is EndpointState.Failing ? before.Since : _now(), before.Failures + 1, before.Breaks, before.IsMisdirected));
    }

    // Who comes second with an older view of the status is not heard: the next dial or request tells the same again.
    private void Become(EndpointStatus before, EndpointStatus after)
    {
        bool stands = Interlocked.CompareExchange(ref _status, after, before) == before;
        bool changes = (before.State is EndpointState.Failing) != (after.State is EndpointState.Failing) || before.IsMisdirected != after.IsMisdirected;
        if (stands && changes)
        {
            HealthChanged?.Invoke(this);
        }
    }

    private float ShareOf(EndpointStatus status)
    {
        double warmth = status.State is EndpointState.Ready ? (_now() - status.Since) / SlowStart : 0;
        return (float)Math.Clamp(warmth, FirstShare, 1);
    }

    // More connections share the requests: the next look is when those that are open now will have served their part.
    private void AskForRenewalIfDue()
    {
        long due = (long)_maxRequestsPerConnection!.Value * Math.Max(1, OpenConnections);
        if (TotalRequests < due)
        {
            Volatile.Write(ref _renewAt, due);
        }
        else if (Interlocked.Exchange(ref _renewAt, TotalRequests + due) <= TotalRequests)
        {
            // Should that fail, it is asked for again after as many requests.
            RenewalDue?.Invoke(this);
        }
    }
}
