namespace DnsAwareHttp.Health;

/// <summary>Counts of requests by outcome.</summary>
/// <param name="Good">Requests that were answered, and well.</param>
/// <param name="Bad">Requests that failed at the endpoint.</param>
internal readonly record struct OutcomeCounts(long Good, long Bad)
{
    public long All => Good + Bad;

    /// <summary>The part that failed; 0 without requests.</summary>
    public double BadPart => All == 0 ? 0 : (double)Bad / All;

    public static OutcomeCounts operator +(OutcomeCounts one, OutcomeCounts other) => new(one.Good + other.Good, one.Bad + other.Bad);

    public static OutcomeCounts operator -(OutcomeCounts one, OutcomeCounts other) =>
        new(Math.Max(0, one.Good - other.Good), Math.Max(0, one.Bad - other.Bad));
}
