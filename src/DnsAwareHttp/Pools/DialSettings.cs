using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>The settings that all dialers of one handler share.</summary>
/// <param name="ConnectTimeout">The limit of one TCP connect.</param>
/// <param name="ConfigureSocket">Sets options of the application on each socket before it connects.</param>
/// <param name="Time">The clock.</param>
internal sealed record DialSettings(TimeSpan ConnectTimeout, Action<Socket>? ConfigureSocket, TimeProvider Time)
{
    /// <summary>
    /// The time after which a request that waits for a dial inside the runtime's pool goes to another endpoint, if there is one.
    /// </summary>
    public TimeSpan AttemptDelay { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Connects a socket. Simulations replace it.</summary>
    public Func<Socket, IPEndPoint, CancellationToken, ValueTask> Connect { get; init; } =
        static (socket, address, cancellationToken) => socket.ConnectAsync(address, cancellationToken);

    /// <summary>Whether the peer of a connected socket acknowledges nothing that was sent to it.</summary>
    public Func<Socket, bool> IsSilent { get; init; } = TcpHealth.IsSilent;
}
