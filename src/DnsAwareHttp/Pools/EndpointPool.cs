using System.Net;

namespace DnsAwareHttp.Pools;

/// <summary>The connections to one address of one origin: a handler of its own, and the gate before it.</summary>
internal sealed class EndpointPool
{
    private const int BreaksToFail = 3;

    private readonly DrainGate _gate = new();
    private readonly Entrance _entrance;
    private readonly EndpointDialer _dialer;
    private readonly Func<DateTimeOffset> _now;
    private readonly CancellationTokenSource _draining = new();
    private volatile EndpointStatus _status;
    private long _totalRequests;

    public EndpointPool(EndpointDialer dialer, HttpMessageHandler handler, Func<DateTimeOffset> now)
    {
        _dialer = dialer;
        _entrance = new Entrance(handler);
        _now = now;
        _status = new EndpointStatus(EndpointState.Idle, "not used yet", now());
        dialer.Dialled = NoteDial;
    }

    public IPEndPoint Address => _dialer.Address;

    public EndpointStatus Status => _status;

    /// <summary>Requests whose response headers are awaited.</summary>
    public long ActiveRequests => _gate.Count;

    public long TotalRequests => Volatile.Read(ref _totalRequests);

    public int OpenConnections => _dialer.Streams.Count;

    /// <summary>Fires when the pool begins to drain.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Told when connecting begins to fail or succeeds again.</summary>
    public Action<EndpointPool>? HealthChanged { get; set; }

    /// <summary>Lets a request in, unless the pool is draining.</summary>
    public bool TryEnter(out Passage passage)
    {
        passage = new Passage(_gate);
        return _gate.TryEnter();
    }

    /// <summary>Sends a request that holds a <see cref="Passage"/>.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _totalRequests);
        DrainSignal.Of(request)?.Follow(_draining.Token);
        return async ? _entrance.PassAsync(request, cancellationToken) : _entrance.Pass(request, cancellationToken);
    }

    /// <summary>Whether a request can be sent without waiting for a connect.</summary>
    public bool IsConnected => _dialer.IsConnected;

    /// <summary>Connects ahead of a request. All who ask at one time share one dial; it ends when the pool drains.</summary>
    /// <returns>Null when connected, else why not. Never fails.</returns>
    public Task<Exception?> DialAheadAsync()
    {
        EndpointStatus before = _status;
        if (before.State is EndpointState.Idle)
        {
            Interlocked.CompareExchange(ref _status, new EndpointStatus(EndpointState.Dialling, "connecting for the first time", _now()), before);
        }

        return _dialer.DialAheadAsync(_draining.Token);
    }

    /// <summary>The next connect through the endpoint's handler fails like this, instead of trying the same once more.</summary>
    public void PassOnFailure(Exception failure) => _dialer.PassOnFailure(failure);

    /// <summary>From now on takes no new request. Those inside go on.</summary>
    public void BeginDrain(string reason)
    {
        _status = new EndpointStatus(EndpointState.Draining, reason, _now());
        _gate.Close();

        // Those who hear of it are the application's own code: not on this thread, and not under a lock of ours.
        _ = _draining.CancelAsync();
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
        bool broke = error.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.SecureConnectionError || error.InnerException is IOException;
        if (broke && before.State is not EndpointState.Draining)
        {
            int breaks = before.Breaks + 1;
            bool fails = breaks >= BreaksToFail || before.State is EndpointState.Failing;
            Become(before, fails
                ? new EndpointStatus(EndpointState.Failing, $"{breaks} connections in a row broke: {error.Message}", before.State is EndpointState.Failing ? before.Since : _now(), before.Failures + 1, breaks)
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

    public EndpointSnapshot Snapshot()
    {
        EndpointStatus status = _status;
        return new EndpointSnapshot(Address, status.State, status.Reason, status.Since, ActiveRequests, TotalRequests, OpenConnections);
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
                ? new EndpointStatus(EndpointState.Ready, "connected", _now(), Breaks: before.Breaks)
                : new EndpointStatus(EndpointState.Failing, failure.Message, before.State is EndpointState.Failing ? before.Since : _now(), before.Failures + 1, before.Breaks));
    }

    // Who comes second with an older view of the status is not heard: the next dial or request tells the same again.
    private void Become(EndpointStatus before, EndpointStatus after)
    {
        bool stands = Interlocked.CompareExchange(ref _status, after, before) == before;
        if (stands && (before.State is EndpointState.Failing) != (after.State is EndpointState.Failing))
        {
            HealthChanged?.Invoke(this);
        }
    }

    /// <summary>The way to the endpoint's handler.</summary>
    /// <remarks>A <see cref="DelegatingHandler"/>, because <see cref="HttpMessageInvoker"/> would report every request to the runtime's EventSource once more.</remarks>
    private sealed class Entrance(HttpMessageHandler handler) : DelegatingHandler(handler)
    {
        public Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(request, cancellationToken);

        public Task<HttpResponseMessage> Pass(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Task.FromResult(Send(request, cancellationToken));
            }
            catch (Exception exception)
            {
                return Task.FromException<HttpResponseMessage>(exception);
            }
        }
    }
}
