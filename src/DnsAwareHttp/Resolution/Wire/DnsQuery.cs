namespace DnsAwareHttp.Resolution.Wire;

/// <summary>One question to a server: which records of which name.</summary>
/// <param name="Host">An absolute name in ASCII; a trailing dot changes nothing.</param>
/// <param name="Type">The record type.</param>
internal sealed record DnsQuery(string Host, DnsRecordType Type)
{
    /// <summary>A chain of more aliases is refused.</summary>
    public const int MaxLinks = 16;

    /// <summary>Whether an OPT record goes with it. Servers older than EDNS answer FORMERR to one.</summary>
    public bool Edns { get; init; } = true;

    /// <summary>Whether the OPT record fills the message up to a multiple of <see cref="DnsMessageWriter.PaddingBlock"/> (RFC 7830).</summary>
    public bool IsPadded { get; init; }

    /// <summary>How many aliases the answer may follow: fewer when aliases led to this question.</summary>
    public int LinksLeft { get; init; } = MaxLinks;
}
