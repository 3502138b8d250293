namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What a trace is an example of, and so which promise is checked on it.</summary>
internal enum TraceKind
{
    /// <summary>Each answer is the whole set: who is absent is gone.</summary>
    Stable,

    /// <summary>Answers are samples of a larger set: who is absent comes back.</summary>
    Rotating,

    /// <summary>Answers are samples of a larger set, and once the whole set is replaced.</summary>
    Cutover,

    /// <summary>Each answer is the whole set, and an address goes out of service and returns again and again.</summary>
    Flapping,

    /// <summary>Answers change in bursts: an absent address may come back for a while, and then stays away.</summary>
    Burst,

    /// <summary>An example without a promise.</summary>
    Other,
}
