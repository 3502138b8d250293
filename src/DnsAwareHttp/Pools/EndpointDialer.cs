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

    public IPEndPoint Address => address;

    /// <summary>The connections that were handed out and are open.</summary>
    public OpenStreams Streams { get; } = new();

    /// <summary>Told the outcome of each dial: null for success. Never called for a dial that was cancelled.</summary>
    public Action<Exception?>? Dialled { get; set; }

    /// <summary>The endpoint's handler's <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="SocketException">The address refuses, cannot be reached, or did not answer within the connect timeout.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        RefuseOtherHosts(context.DnsEndPoint);
        Socket socket = await DialAsync(cancellationToken).ConfigureAwait(false);

        // The pool may have closed for good while this was under way: the runtime dials ahead of its queue. Such a socket must not outlive the drain.
        return Streams.Add(socket) ?? throw new SocketException((int)SocketError.OperationAborted);
    }

    /// <summary>Tries whether the address can be connected to, and closes the connection again.</summary>
    public async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            using Socket socket = await DialAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // A redirect or a proxy would ask this pool for another host. Dialling our address then would hand that host's request to the wrong server.
    private void RefuseOtherHosts(DnsEndPoint asked)
    {
        if (asked.Port != target.Port || !string.Equals(asked.Host, target.Host, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException($"The pool of {target.Host}:{target.Port} was asked to connect to {asked.Host}:{asked.Port}.");
        }
    }

    private async ValueTask<Socket> DialAsync(CancellationToken cancellationToken)
    {
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
        settings.ConfigureSocket?.Invoke(socket);
    }

    private async ValueTask ConnectWithinTimeoutAsync(Socket socket, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(settings.ConnectTimeout, settings.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(address, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No cancellation but an address that does not answer: the request goes on to the next one.
            throw new SocketException((int)SocketError.TimedOut);
        }
    }
}
