using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Health;

/// <summary>The pauses between attempts to connect to a failing endpoint: 1 s × 1.6, ±20 %, up to 2 minutes.</summary>
internal static class RecoverySchedule
{
    /// <param name="attempt">1 for the first attempt.</param>
    /// <param name="random">Where the spread comes from.</param>
    public static TimeSpan PauseBefore(int attempt, Random random) => Backoff.After(attempt, Backoff.MaxForEndpoints, random);
}
