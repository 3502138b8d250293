namespace DnsAwareHttp;

/// <summary>The rule by which an address that is absent from a DNS answer stays in use or leaves.</summary>
public enum MembershipMode
{
    /// <summary>
    /// As <see cref="Strict"/> while the answers are the whole set, and patient while they are samples of it. The default.
    /// </summary>
    /// <remarks>
    /// It learns from the addresses that come back. An address that is absent from samples stays until its absence is improbable, for at
    /// most <see cref="DnsCacheOptions.MaxStale"/>. It leaves at once when it refuses, breaks or ends connections, or has no traffic.
    /// </remarks>
    Adaptive,

    /// <summary>An address that is absent once leaves: its pool takes no new request and is drained.</summary>
    Strict,

    /// <summary>
    /// The first address of the latest answer takes new connections. Connections to others stay, and take requests, for as long as they
    /// last (Envoy's logical DNS). Up to <see cref="DnsAwareOptions.MaxEndpointsPerOrigin"/> addresses are kept. The address that was
    /// first in an answer longest ago leaves first.
    /// </summary>
    Logical,
}
