using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>Opens sockets to one address of one dial target, and to nothing else.</summary>
/// <param name="target">The host and port that the endpoint's handler asks for.</param>
/// <param name="address">What is dialled whenever it does.</param>
/// <param name="settings">Timeouts and the application's own socket settings.</param>
internal sealed class EndpointDialer(DnsEndPoint target, IPEndPoint address, DialSettings settings)
{
    private const int KeepAliveSeconds = 30;
    private const int KeepAliveIntervalSeconds = 5;
    private const int KeepAliveRetries = 3;
    private static readonly TimeSpan RecentFailureLifetime = TimeSpan.FromSeconds(1);

    private readonly ParkedSockets _parked = new(settings.Time);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Lock _dialling = new();
    private volatile bool _opensConnections = true;
    private volatile int _handingOver;
    private Task<Exception?>? _dialAhead;
    private (Exception Failure, long At)? _recentFailure;

    public IPEndPoint Address => address;

    /// <summary>Whether it takes the place of one whose peer went silent: HTTP/2 connections are then watched by pings.</summary>
    public bool WasSilent { get; init; }

    /// <summary>The connections that were handed out and are open.</summary>
    public OpenStreams Streams { get; } = new();

    /// <summary>Whether a request can be sent without waiting for a connect: a connection is open, or a socket was dialled ahead.</summary>
    // The streams twice: a socket that is handed over is in none of the others for a moment, and then among them.
    public bool IsConnected => Streams.Count > 0 || !_parked.IsEmpty || _handingOver > 0 || Streams.Count > 0;

    /// <summary>Whether it dials at all, or only keeps what is open.</summary>
    public bool OpensConnections
    {
        get => _opensConnections;
        set => _opensConnections = value;
    }

    /// <summary>Whether the peer acknowledges nothing of what was sent over one of the open connections.</summary>
    public bool IsSilent => Streams.Any(settings.IsSilent);

    /// <summary>Told the outcome of each dial: null for success. Never called for a dial that was cancelled.</summary>
    public Action<Exception?>? Dialled { get; set; }

    /// <summary>The endpoint's handler's <see cref="SocketsHttpHandler.ConnectCallback"/>: a socket that was dialled ahead, or a new one.</summary>
    /// <exception cref="SocketException">The address refuses, cannot be reached, or did not answer within the connect timeout.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        RefuseOtherHosts(context.DnsEndPoint);

        // The pool may have closed for good while this was under way: the runtime dials ahead of its queue. Such a socket must not outlive the drain.
        return HandOverParked() ?? Streams.Add(await DialUnlessJustFailedAsync(cancellationToken).ConfigureAwait(false))
            ?? throw new SocketException((int)SocketError.OperationAborted);
    }

    /// <summary>Connects a socket ahead of the request that will use it. All who ask at one time share one dial.</summary>
    /// <param name="cancellationToken">The life of the pool, not of a request: what one request began, others wait for.</param>
    /// <returns>Null when a socket is parked, else why not. Never fails.</returns>
    public Task<Exception?> DialAheadAsync(CancellationToken cancellationToken)
    {
        lock (_dialling)
        {
            if (_dialAhead is null)
            {
                _dialAhead = Background.Run(() => ParkOneAsync(cancellationToken));
            }

            return _dialAhead;
        }
    }

    /// <summary>As <see cref="DialAheadAsync"/>, but for a request: it needs no dial if another one's has ended in the meantime.</summary>
    public Task<Exception?> DialUnlessConnectedAsync(CancellationToken cancellationToken)
    {
        lock (_dialling)
        {
            // Whoever looks only at the connections may see none, and the dial that was under way then be over: a second socket would be opened for nothing.
            return _dialAhead is null && IsConnected ? Task.FromResult<Exception?>(null) : DialAheadAsync(cancellationToken);
        }
    }

    /// <summary>The next request that needs a connection is told the error of the last dial ahead, instead of waiting for the same once more.</summary>
    public void PassOnFailure(Exception failure)
    {
        lock (_dialling)
        {
            _recentFailure = (failure, settings.Time.GetTimestamp());
        }
    }

    /// <summary>The peer has gone silent: requests that wait for a connect to it are told so at once, and so are later ones.</summary>
    public void Abandon() => _abandoned.CancelAsync().Forget();

    /// <summary>Closes parked sockets and lets no further one live.</summary>
    /// <returns>Connections open at that moment.</returns>
    public int Seal()
    {
        _parked.Seal();
        return Streams.Seal();
    }

    // Others must see a connection all the while: one that saw none would dial for nothing.
    private TrackedStream? HandOverParked()
    {
        Interlocked.Increment(ref _handingOver);
        try
        {
            return _parked.Take() is Socket socket ? Streams.Add(socket) : null;
        }
        finally
        {
            Interlocked.Decrement(ref _handingOver);
        }
    }

    private async Task<Exception?> ParkOneAsync(CancellationToken cancellationToken)
    {
        try
        {
            _parked.Park(await DialAsync(cancellationToken).ConfigureAwait(false));
            ForgetFailure();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
        finally
        {
            lock (_dialling)
            {
                _dialAhead = null;
            }
        }
    }

    // A redirect or a proxy would ask this pool for another host. Dialling our address then would hand that host's request to the wrong server.
    private void RefuseOtherHosts(DnsEndPoint asked)
    {
        // The runtime writes IPv6 literals here as in a URI.
        string host = asked.Host.StartsWith('[') ? asked.Host[1..^1] : asked.Host;
        if (asked.Port != target.Port || !string.Equals(host, target.Host, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException($"The pool of {target.Host}:{target.Port} was asked to connect to {asked.Host}:{asked.Port}.");
        }
    }

    private ValueTask<Socket> DialUnlessJustFailedAsync(CancellationToken cancellationToken)
    {
        ThrowRecentFailure();
        return DialForRequestAsync(cancellationToken);
    }

    private void ThrowRecentFailure()
    {
        if (ForgetFailure() is ({ } failure, long at) && settings.Time.GetElapsedTime(at) < RecentFailureLifetime)
        {
            throw failure is SocketException socket ? new SocketException((int)socket.SocketErrorCode) : failure;
        }
    }

    private (Exception Failure, long At)? ForgetFailure()
    {
        lock (_dialling)
        {
            (Exception Failure, long At)? recent = _recentFailure;
            _recentFailure = null;
            return recent;
        }
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
    }

    private async ValueTask<Socket> DialAsync(CancellationToken cancellationToken)
    {
        if (!_opensConnections)
        {
            throw new SocketException((int)SocketError.OperationAborted);
        }

        // Dual mode where the system has it, as the runtime does: the peer address that its metrics report stays the same.
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            await ConnectWithinTimeoutAsync(socket, cancellationToken).ConfigureAwait(false);
            Dialled?.Invoke(null);
            return socket;
        }
        catch (Exception exception)
        {
            socket.Dispose();
            if (!cancellationToken.IsCancellationRequested)
            {
                Dialled?.Invoke(exception);
            }

            throw;
        }
    }

    private void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetries);
        TcpHealth.EndWhenSilent(socket);
        settings.ConfigureSocket?.Invoke(socket);
    }

    private async ValueTask ConnectWithinTimeoutAsync(Socket socket, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(settings.ConnectTimeout, settings.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await settings.Connect(socket, address, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No cancellation but an address that does not answer: the request goes on to the next one.
            throw new SocketException((int)SocketError.TimedOut);
        }
    }
}
