namespace DnsAwareHttp;

/// <summary>The rule by which an address that is absent from a DNS answer stays in use or leaves.</summary>
public enum MembershipMode
{
    /// <summary>Behaves as <see cref="Strict"/> while the answers are the whole set, as <see cref="Logical"/> while they are samples of it. The default.</summary>
    /// <remarks>In this version it decides as <see cref="Strict"/> does: telling samples from whole sets is not there yet.</remarks>
    Adaptive,

    /// <summary>An address that is absent once leaves: its pool takes no new request and is drained.</summary>
    Strict,

    /// <summary>An address never leaves because of DNS. Up to <see cref="DnsAwareOptions.MaxEndpointsPerOrigin"/> are kept; those seen longest ago go first.</summary>
    Logical,
}
