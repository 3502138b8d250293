using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>What all dialers of one handler have in common.</summary>
/// <param name="ConnectTimeout">What one TCP connect may take.</param>
/// <param name="ConfigureSocket">The application's own settings for each socket before it connects.</param>
/// <param name="Time">The clock.</param>
internal sealed record DialSettings(TimeSpan ConnectTimeout, Action<Socket>? ConfigureSocket, TimeProvider Time)
{
    /// <summary>Connects a socket. Another one than the system's takes its place in simulations.</summary>
    public Func<Socket, IPEndPoint, CancellationToken, ValueTask> Connect { get; init; } =
        static (socket, address, cancellationToken) => socket.ConnectAsync(address, cancellationToken);

    /// <summary>Whether the peer of a connected socket acknowledges nothing of what was sent to it.</summary>
    public Func<Socket, bool> IsSilent { get; init; } = TcpHealth.IsSilent;
}
