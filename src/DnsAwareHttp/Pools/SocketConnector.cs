using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Pools;

/// <summary>Connects sockets to one address, within the connect timeout.</summary>
/// <param name="address">The address.</param>
/// <param name="settings">The timeout, and the application's own socket settings.</param>
internal sealed class SocketConnector(IPEndPoint address, DialSettings settings)
{
    private const int KeepAliveSeconds = 30;
    private const int KeepAliveIntervalSeconds = 5;
    private const int KeepAliveRetries = 3;

    /// <exception cref="SocketException">The address refuses, cannot be reached, or did not answer within the connect timeout.</exception>
    public async ValueTask<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        // Dual mode where the system has it, as the runtime does: the peer address that its metrics report stays the same.
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            await ConnectWithinTimeoutAsync(socket, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    // No TCP_USER_TIMEOUT: Linux ends a connection by it also while the peer acknowledges the probes of its full window. That peer is alive
    // and reads slowly.
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
        using NetworkDeadline timeout = new(settings.ConnectTimeout, settings.Time, cancellationToken);
        try
        {
            await settings.Connect(socket, address, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The address does not answer. That is no cancellation: the request goes on to the next address.
            throw new SocketException((int)SocketError.TimedOut);
        }
    }
}
