namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Why a name cannot be put into a DNS message (RFC 1035 section 2.3.4).</summary>
internal enum NameProblem
{
    None,
    NameTooLong,
    LabelTooLong,
    LabelEmpty,

    /// <summary>A character that is not printable ASCII: such names are written in punycode (RFC 3492).</summary>
    BadCharacter,
}
