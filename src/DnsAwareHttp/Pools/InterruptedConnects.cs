using System.Collections.Immutable;

namespace DnsAwareHttp.Pools;

/// <summary>What a connect was waiting for when the runtime gave it up.</summary>
internal enum ConnectPhase
{
    /// <summary>No connect was given up.</summary>
    None,

    /// <summary>The TCP connection.</summary>
    Dial,

    /// <summary>The TLS handshake, or the dialogue with a proxy.</summary>
    Handshake,
}

/// <summary>The latest connects that the runtime gave up, because they took longer than its <c>ConnectTimeout</c>.</summary>
/// <remarks>
/// The error of the request carries the token of its connect. No other error can have this token: so it proves that the request waited for
/// this connect, and that nothing of it was sent. The type and the text of the error prove nothing: the content of a request may fail with
/// the same error, when it reads from another server.
/// </remarks>
internal sealed class InterruptedConnects
{
    private const int MaxCount = 64;

    private ImmutableArray<(CancellationToken Token, ConnectPhase Phase)> _latest = [];

    public void Add(ConnectPhase phase, CancellationToken token) =>
        ImmutableInterlocked.Update(ref _latest, latest => [.. latest.TakeLast(MaxCount - 1), (token, phase)]);

    /// <summary>What the connect of a failed request was waiting for.</summary>
    public ConnectPhase PhaseOf(Exception error) => error is OperationCanceledException { InnerException: TimeoutException } timeout
        ? _latest.FirstOrDefault(connect => connect.Token == timeout.CancellationToken).Phase
        : ConnectPhase.None;
}
