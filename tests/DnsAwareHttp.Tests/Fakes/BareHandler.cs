using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>The runtime's handler alone, over the same addresses: as DNS with rotation does, each connect sees the next one first.</summary>
public static class BareHandler
{
    public static SocketsHttpHandler Over(params string[] addresses)
    {
        IPAddress[] all = [.. addresses.Select(IPAddress.Parse)];
        int turn = -1;
        return new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                int first = (int)((uint)Interlocked.Increment(ref turn) % (uint)all.Length);
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync([.. all[first..], .. all[..first]], context.DnsEndPoint.Port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
    }
}
