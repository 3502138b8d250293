using System.Net;

namespace DnsAwareHttp.Pools;

/// <summary>The connections to one address of one origin: a handler of its own, and the gate before it.</summary>
internal sealed class EndpointPool
{
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

    /// <summary>Tries whether the address can be connected to again.</summary>
    public Task<bool> ProbeAsync(CancellationToken cancellationToken) => _dialer.ProbeAsync(cancellationToken);

    /// <summary>From now on takes no new request. Those inside go on.</summary>
    public void BeginDrain(string reason)
    {
        _status = new EndpointStatus(EndpointState.Draining, reason, _now());
        _gate.Close();
        _draining.Cancel();
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
        int open = _dialer.Streams.Seal();
        _entrance.Dispose();
        return open;
    }

    /// <summary>Ends when the handler was closed and the last connection is.</summary>
    public Task AllConnectionsClosed => _dialer.Streams.AllClosed;

    /// <summary>Closes what is still open.</summary>
    /// <returns>Connections cut.</returns>
    public int CutConnections() => _dialer.Streams.CutAll();

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

        EndpointStatus after = failure is null
            ? new EndpointStatus(EndpointState.Ready, "connected", _now())
            : new EndpointStatus(EndpointState.Failing, failure.Message, before.State is EndpointState.Failing ? before.Since : _now(), before.Failures + 1);
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
