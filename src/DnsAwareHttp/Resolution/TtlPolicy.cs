namespace DnsAwareHttp.Resolution;

/// <summary>How long an answer is believed, and when the next question is due. Pure.</summary>
internal static class TtlPolicy
{
    /// <summary>After a failure nobody asks again within this time on behalf of a request; the background asks by <see cref="Backoff"/>.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MaxJitter = TimeSpan.FromMilliseconds(100);

    /// <summary>The time an answer is believed, from the moment its question was sent.</summary>
    public static TimeSpan Lifetime(Answer answer, DnsCacheOptions options) => answer switch
    {
        Answer.Found found => Clamp(found.Ttl, options.MinTtl, options.MaxTtl),
        Answer.Empty empty => Clamp(empty.NegativeTtl, options.MinTtl, options.MaxNegativeTtl),
        _ => FailureLifetime,
    };

    /// <summary>How long after its expiry an answer is refreshed: a caching name server has a new answer only once its own copy has expired, and a fleet must not ask as one.</summary>
    /// <remarks>At most 100 ms, so that a change is followed within its TTL and 250 ms.</remarks>
    public static TimeSpan Jitter(TimeSpan lifetime, Random random)
    {
        TimeSpan most = lifetime * 0.1;
        return (most < MaxJitter ? most : MaxJitter) * random.NextDouble();
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan min, TimeSpan max) => value < min ? min : value > max ? max : value;
}
