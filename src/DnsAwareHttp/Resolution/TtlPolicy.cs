namespace DnsAwareHttp.Resolution;

/// <summary>The lifetime of an answer, and the time of the next question. Pure.</summary>
internal static class TtlPolicy
{
    /// <summary>After a failure, requests do not ask again for this time. The background asks again by <see cref="Backoff"/>.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MaxJitter = TimeSpan.FromMilliseconds(100);

    /// <summary>The time an answer is believed, from the moment its question was sent.</summary>
    public static TimeSpan Lifetime(Answer answer, DnsCacheOptions options) => answer switch
    {
        Answer.Found found => Clamp(found.Ttl, options.MinTtl, options.MaxTtl),
        Answer.Empty empty => Clamp(empty.NegativeTtl, options.MinTtl, options.MaxNegativeTtl),
        _ => FailureLifetime,
    };

    /// <summary>The delay of a refresh after the expiry of an answer.</summary>
    /// <remarks>
    /// A caching name server has a new answer only after its own copy has expired, and a fleet must not ask at the same moment.
    /// The delay is at most 100 ms, so that a change is followed within its TTL and 250 ms.
    /// </remarks>
    public static TimeSpan Jitter(TimeSpan lifetime, Random random)
    {
        TimeSpan most = lifetime * 0.1;
        return (most < MaxJitter ? most : MaxJitter) * random.NextDouble();
    }

    /// <summary>How much earlier than the expiry of its first answer one of many names is refreshed.</summary>
    /// <remarks>
    /// Names that are first asked about together would be asked about together for ever. A quarter of the lifetime spreads them.
    /// </remarks>
    public static TimeSpan Spread(TimeSpan lifetime, Random random) => lifetime * 0.25 * random.NextDouble();

    private static TimeSpan Clamp(TimeSpan value, TimeSpan min, TimeSpan max) => value < min ? min : value > max ? max : value;
}
