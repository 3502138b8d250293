namespace DnsAwareHttp.Resolution;

/// <summary>The records that a question is about.</summary>
internal enum QuestionKind
{
    /// <summary>IPv4 and IPv6 addresses.</summary>
    Addresses,

    /// <summary>IPv4 addresses.</summary>
    A,

    /// <summary>IPv6 addresses.</summary>
    Aaaa,

    /// <summary>The targets of a service (SRV, RFC 2782).</summary>
    Service,
}
