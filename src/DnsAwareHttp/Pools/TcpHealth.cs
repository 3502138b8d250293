using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>
/// The operating system's knowledge of a connection's peer. Only Linux gives it. Elsewhere only keep-alive finds a silent peer.
/// </summary>
internal static class TcpHealth
{
    /// <summary>Retransmissions of the same bytes in a row, or probes, without an acknowledgement: at least 0.6 s of silence.</summary>
    private const int SilentAfter = 2;

    /// <summary>
    /// Unacknowledged bytes end the connection after this time. The system's default is a quarter of an hour. This time is long enough for
    /// a network that comes back.
    /// </summary>
    private const int UserTimeoutMilliseconds = 30_000;

    // From Linux: include/uapi/linux/tcp.h.
    private const int ProtocolTcp = 6;
    private const int TcpInfo = 11;
    private const int TcpUserTimeout = 18;
    private const int RetransmitsOffset = 2;
    private const int ProbesOffset = 3;

    /// <summary>
    /// Whether bytes were sent again, or the connection was probed, and the peer acknowledged nothing. False where the system does not
    /// tell.
    /// </summary>
    public static bool IsSilent(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> info = stackalloc byte[8];
        try
        {
            return socket.GetRawSocketOption(ProtocolTcp, TcpInfo, info) == info.Length
                && (info[RetransmitsOffset] >= SilentAfter || info[ProbesOffset] >= SilentAfter);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Makes the system end the connection when the peer acknowledges nothing for a while (RFC 5482).</summary>
    public static void EndWhenSilent(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(ProtocolTcp, TcpUserTimeout, BitConverter.GetBytes(UserTimeoutMilliseconds));
        }
    }
}
