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
    /// A peer that acknowledged something within this time is alive: it may read slowly, and say so with a window of zero.
    /// </summary>
    private const int AliveMilliseconds = 500;

    // From Linux: include/uapi/linux/tcp.h.
    private const int ProtocolTcp = 6;
    private const int TcpInfo = 11;
    private const int RetransmitsOffset = 2;
    private const int ProbesOffset = 3;
    private const int LastAckReceivedOffset = 56;
    private const int InfoLength = 60;
    private const int RoundTripTimeOffset = 68;
    private const int TotalRetransmitsOffset = 100;
    private const int LongInfoLength = 104;

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

        Span<byte> info = stackalloc byte[InfoLength];
        try
        {
            return socket.GetRawSocketOption(ProtocolTcp, TcpInfo, info) == info.Length
                && (info[RetransmitsOffset] >= SilentAfter || info[ProbesOffset] >= SilentAfter)
                && BitConverter.ToUInt32(info[LastAckReceivedOffset..]) >= AliveMilliseconds;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// The round-trip time that the system expects, and the number of segments that it sent again; null where it does not tell.
    /// </summary>
    public static (TimeSpan RoundTripTime, long Retransmits)? Measure(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> info = stackalloc byte[LongInfoLength];
        try
        {
            return socket.GetRawSocketOption(ProtocolTcp, TcpInfo, info) == info.Length
                ? (TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info[RoundTripTimeOffset..])),
                    BitConverter.ToUInt32(info[TotalRetransmitsOffset..]))
                : null;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
