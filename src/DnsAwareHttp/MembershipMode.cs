namespace DnsAwareHttp;

/// <summary>The rule by which an address that is absent from a DNS answer stays in use or leaves.</summary>
public enum MembershipMode
{
    /// <summary>Behaves as <see cref="Strict"/> while the answers are the whole set, as <see cref="Logical"/> while they are samples of it. The default.</summary>
    /// <remarks>
    /// It finds out by watching which addresses come back. An address that is absent from samples stays until its absence is improbable, for at most <see cref="DnsCacheOptions.MaxStale"/>,
    /// and leaves at once when it refuses, breaks or ends connections, or has no traffic.
    /// </remarks>
    Adaptive,

    /// <summary>An address that is absent once leaves: its pool takes no new request and is drained.</summary>
    Strict,

    /// <summary>An address never leaves because of DNS. Up to <see cref="DnsAwareOptions.MaxEndpointsPerOrigin"/> are kept; those seen longest ago go first.</summary>
    Logical,
}
