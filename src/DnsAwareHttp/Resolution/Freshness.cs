namespace DnsAwareHttp.Resolution;

/// <summary>How new an answer must be to serve the one who asks.</summary>
internal readonly record struct Freshness
{
    /// <summary>The answer at hand serves while it is believed.</summary>
    public static readonly Freshness Believed;

    /// <summary>
    /// The answer at hand serves also after its TTL, unless its refresh should have begun long ago: the process stood still.
    /// </summary>
    public static readonly Freshness OnTime = new() { MayBeExpired = true };

    /// <summary>The question must have been sent at this time or later; null: it does not matter.</summary>
    public DateTimeOffset? SentSince { get; private init; }

    /// <summary>Whether an answer serves while its refresh is under way, or about to begin.</summary>
    public bool MayBeExpired { get; private init; }

    /// <summary>Only the answer to a question that was sent at this time or later serves.</summary>
    public static Freshness Since(DateTimeOffset time) => new() { SentSince = time };
}
