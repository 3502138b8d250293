namespace DnsAwareHttp;

/// <summary>Why a name has no address.</summary>
public enum EmptyReason
{
    /// <summary>The name does not exist (RFC 1035 section 4.1.1, RCODE 3; RFC 2308 section 2.1).</summary>
    NxDomain,

    /// <summary>The name exists and has no address record (RFC 2308 section 2.2).</summary>
    NoData,
}

/// <summary>The reasons in words.</summary>
internal static class EmptyReasons
{
    public static string Describe(this EmptyReason reason) => reason switch
    {
        EmptyReason.NxDomain => "the name does not exist (NXDOMAIN)",
        _ => "the name has no record of the kind that was asked for (NODATA)",
    };
}
