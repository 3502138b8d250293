using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>Opens sockets to one address of one dial target, and to nothing else.</summary>
/// <param name="target">The host and port that the endpoint's handler asks for.</param>
/// <param name="address">The address that is dialled then.</param>
/// <param name="settings">Timeouts and the application's own socket settings.</param>
internal sealed class EndpointDialer(DnsEndPoint target, IPEndPoint address, DialSettings settings)
{
    /// <summary>
    /// A server sends the first bytes of its handshake within a round trip. This time allows for a retransmission, and for a busy server.
    /// </summary>
    private static readonly TimeSpan MaxHandshakeSilence = TimeSpan.FromSeconds(1);

    private readonly SocketConnector _connector = new(address, settings);
    private readonly SharedDial _ahead = new(settings.Time);
    private readonly CancellationTokenSource _abandoned = new();
    private volatile bool _opensConnections = true;
    private volatile int _handingOver;

    public IPEndPoint Address => address;

    /// <summary>Whether it replaces a dialer whose peer went silent: pings then watch its HTTP/2 connections.</summary>
    public bool WasSilent { get; init; }

    /// <summary>Whether each connection begins with a TLS handshake: before its end, nothing of a request can have been sent.</summary>
    public bool BeginsWithTls { get; init; }

    /// <summary>Whether the runtime makes a TLS handshake on each connection before anything else.</summary>
    public bool MeasuresHandshakes { get; init; }

    /// <summary>The TLS handshakes that are measured.</summary>
    public TlsHandshakes Handshakes { get; } = new(settings.Time);

    /// <summary>Measures what happens to the endpoint.</summary>
    public EndpointMetrics Metrics
    {
        get => Streams.Metrics;
        init => Streams.Metrics = value;
    }

    /// <summary>The open connections that were handed out.</summary>
    public OpenStreams Streams { get; } = new();

    /// <summary>Whether a request can be sent without waiting for a connect: a connection is open, or a socket was dialled ahead.</summary>
    // The streams are read twice: for a moment a socket that is handed over is neither parked nor among them.
    public bool IsConnected => Streams.Count > 0 || !_ahead.Parked.IsEmpty || _handingOver > 0 || Streams.Count > 0;

    /// <summary>
    /// Whether a request can be sent at once: a connection awaits nothing, an HTTP/2 connection is open, or a socket was dialled ahead.
    /// </summary>
    public bool HasIdle => IdleCount > 0 || Streams.Http2.Connections > 0;

    /// <summary>HTTP/1.1 connections that await nothing, and sockets that were dialled ahead.</summary>
    // A socket that is handed over is still parked, or neither parked nor a stream.
    public int IdleCount => Streams.Count - Streams.Busy + Math.Max(_ahead.Parked.Count, _handingOver);

    /// <summary>Finds connections and sockets that their peers have ended while they rested.</summary>
    public void CheckIdle()
    {
        Streams.CheckIdle();
        _ahead.Parked.CheckAll();
    }

    /// <summary>The dials that take long.</summary>
    public LateDials Late { get; } = new(settings.AttemptDelay, settings.Time);

    /// <summary>Whether it opens new connections. If not, it only keeps the open ones.</summary>
    public bool OpensConnections
    {
        get => _opensConnections;
        set => _opensConnections = value;
    }

    /// <summary>Whether a parked socket is open: the peer has not ended it.</summary>
    public bool HasOpenParked => _ahead.Parked.HasOpen;

    /// <summary>Receives the outcome of each dial: null for success. A cancelled dial has no outcome.</summary>
    public Action<Exception?>? Dialled { get; set; }

    /// <summary>
    /// The endpoint's handler's <see cref="SocketsHttpHandler.ConnectCallback"/>: a socket that was dialled ahead, or a new one.
    /// </summary>
    /// <exception cref="SocketException">The address refuses, cannot be reached, or did not answer within the connect timeout.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        RefuseOtherHosts(context.DnsEndPoint);
        if (_abandoned.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }

        // The runtime dials ahead of its queue, and the pool may be closed by now. A socket must not outlive the drain.
        TrackedStream stream = HandOverParked(cancellationToken)
            ?? Streams.Add(
                await DialUnlessJustFailedAsync(context.InitialRequestMessage, cancellationToken).ConfigureAwait(false), cancellationToken)
            ?? throw new SocketException((int)SocketError.OperationAborted);
        if (MeasuresHandshakes && Metrics.MeasuresHandshakes)
        {
            stream.Meter.Handshake = Handshakes.Begin(context.InitialRequestMessage, Metrics);
        }

        return stream;
    }

    /// <summary>Connects a socket ahead of the request that will use it. All callers at one time share one dial.</summary>
    /// <param name="cancellationToken">The life of the pool, not of a request: other requests may wait for the same dial.</param>
    /// <returns>Null when a socket is parked, else why not. Never fails.</returns>
    public Task<Exception?> DialAheadAsync(CancellationToken cancellationToken) => _ahead.Begin(() => DialAsync(cancellationToken));

    /// <summary>
    /// As <see cref="DialAheadAsync"/>, for a request: there is no dial if another request's dial has ended in the meantime.
    /// </summary>
    public Task<Exception?> DialUnlessIdleAsync(CancellationToken cancellationToken) =>
        _ahead.BeginUnless(() => HasIdle, () => DialAsync(cancellationToken));

    /// <inheritdoc cref="SharedDial.PassOn"/>
    public void PassOnFailure(Exception failure) => _ahead.PassOn(failure);

    /// <summary>The peer went silent: requests that wait for a connect fail at once, and so do later ones.</summary>
    public void Abandon()
    {
        _abandoned.CancelAsync().Forget();
        if (BeginsWithTls)
        {
            Streams.CutUnanswered();
        }
    }

    /// <summary>How the peer is silent while requests wait. For one caller at a time.</summary>
    // Over HTTP/2 all requests wait for one handshake. When it has timed out, the runtime begins the next one for the rest of them.
    public PeerSilence SampleSilence(EndpointHealth health, DateTimeOffset now) =>
        Streams.Any(settings.IsSilent) ? PeerSilence.Tcp
        : BeginsWithTls && (Streams.SampleUnanswered(now, MaxHandshakeSilence) || health is { NeedsAnswer: true, IsOnTrial: false })
            ? PeerSilence.Handshake
        : PeerSilence.None;

    public bool CutSilent(DateTimeOffset now) => Streams.CutSilent(now, settings.IsSilent);

    /// <summary>Closes parked sockets and lets no further one live.</summary>
    /// <returns>Connections open at that moment.</returns>
    public int Seal()
    {
        _ahead.Parked.Seal();
        return Streams.Seal();
    }

    // Other requests must see a connection all the while. Without one they would dial for nothing.
    private TrackedStream? HandOverParked(CancellationToken connecting)
    {
        Interlocked.Increment(ref _handingOver);
        try
        {
            return _ahead.Parked.Take() is Socket socket ? Streams.Add(socket, connecting) : null;
        }
        finally
        {
            Interlocked.Decrement(ref _handingOver);
        }
    }

    // A redirect or a proxy would ask this pool for another host. Dialling our address then would hand that host's request to the wrong
    // server.
    private void RefuseOtherHosts(DnsEndPoint asked)
    {
        // The runtime writes IPv6 literals here as in a URI.
        string host = asked.Host.StartsWith('[') ? asked.Host[1..^1] : asked.Host;
        if (asked.Port != target.Port || !string.Equals(host, target.Host, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(
                $"The pool of {target.Host}:{target.Port} was asked to connect to {asked.Host}:{asked.Port}.");
        }
    }

    private ValueTask<Socket> DialUnlessJustFailedAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _ahead.ThrowPassedOn();
        return Late.AwaitAsync(request, () => DialForRequestAsync(cancellationToken).AsTask(), _ahead.Keep);
    }

    private async ValueTask<Socket> DialForRequestAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_abandoned.Token, cancellationToken);
        try
        {
            return await DialAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch (OperationCanceledException)
        {
            Streams.Interrupted.Add(ConnectPhase.Dial, cancellationToken);
            throw;
        }
    }

    private async ValueTask<Socket> DialAsync(CancellationToken cancellationToken)
    {
        if (!_opensConnections)
        {
            throw new SocketException((int)SocketError.OperationAborted);
        }

        long began = settings.Time.GetTimestamp();
        try
        {
            Socket socket = await _connector.ConnectAsync(cancellationToken).ConfigureAwait(false);
            Report(began, failure: null);
            return socket;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Report(began, exception);
            throw;
        }
    }

    private void Report(long began, Exception? failure)
    {
        Metrics.OnConnected(settings.Time.GetElapsedTime(began), failure);
        Dialled?.Invoke(failure);
    }
}
