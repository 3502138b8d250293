namespace DnsAwareHttp.Resolution;

/// <summary>The step after the question in flight about a name.</summary>
internal enum FollowUp
{
    /// <summary>The next question, when the TTL ends.</summary>
    None,

    /// <summary>Another question at once: a hint came after the answer.</summary>
    Ask,

    /// <summary>Another question at once, and the answer is not believed: the sources changed after the question was sent.</summary>
    Expire,
}
