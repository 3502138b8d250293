using System.Net;
using System.Net.Sockets;

namespace Convergence.Contenders;

/// <summary>The connect callback that is often copied: each new connection asks DNS and takes the next address.</summary>
internal sealed class RoundRobinConnect
{
    private int _turn = -1;

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        int first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)addresses.Length);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync([.. addresses[first..], .. addresses[..first]], context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
