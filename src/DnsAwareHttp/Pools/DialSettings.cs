using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>What all dialers of one handler have in common.</summary>
/// <param name="ConnectTimeout">What one TCP connect may take.</param>
/// <param name="ConfigureSocket">The application's own settings for each socket before it connects.</param>
/// <param name="Time">The clock.</param>
internal sealed record DialSettings(TimeSpan ConnectTimeout, Action<Socket>? ConfigureSocket, TimeProvider Time);
