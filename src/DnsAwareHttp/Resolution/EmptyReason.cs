namespace DnsAwareHttp;

/// <summary>Why a name has no address.</summary>
public enum EmptyReason
{
    /// <summary>The name does not exist (RFC 1035 section 4.1.1, RCODE 3; RFC 2308 section 2.1).</summary>
    NxDomain,

    /// <summary>The name exists and has no address record (RFC 2308 section 2.2).</summary>
    NoData,
}
