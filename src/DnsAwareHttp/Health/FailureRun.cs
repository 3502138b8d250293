namespace DnsAwareHttp.Health;

/// <summary>Failures in a row at one endpoint, and what its peers have done since the row began.</summary>
/// <param name="Length">Failures since <paramref name="Peers"/> were counted.</param>
/// <param name="Total">Failures in a row.</param>
/// <param name="Peers">The peers.</param>
internal sealed record FailureRun(int Length, int Total, PeersSince Peers)
{
    /// <summary>After so many failures the peers are counted anew: what they did long ago says nothing about now.</summary>
    public const int MaxLength = 40;
}

/// <summary>One failed request.</summary>
/// <param name="Text">The failure, for people.</param>
/// <param name="RetryAfter">The server asks not to be used for this long; zero: it does not ask.</param>
internal readonly record struct BadOutcome(string Text, TimeSpan RetryAfter = default)
{
    /// <summary>Whether the caller gave up. Other failures may come at once.</summary>
    public bool IsLate { get; init; }
}
