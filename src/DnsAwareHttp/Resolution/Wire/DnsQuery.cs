namespace DnsAwareHttp.Resolution.Wire;

/// <summary>One question to a server: which records of which name.</summary>
/// <param name="Host">An absolute name in ASCII; a trailing dot changes nothing.</param>
/// <param name="Type">The record type.</param>
internal sealed record DnsQuery(string Host, DnsRecordType Type)
{
    /// <summary>A longer chain of aliases is refused.</summary>
    public const int MaxLinks = 64;

    /// <summary>Whether it has an OPT record. Servers older than EDNS answer FORMERR to such a question.</summary>
    public bool Edns { get; init; } = true;

    /// <summary>Whether the OPT record pads the message to a multiple of <see cref="DnsMessageWriter.PaddingBlock"/> (RFC 7830).</summary>
    public bool IsPadded { get; init; }

    /// <summary>Whether addresses of the name are known and in use. Then a question waits behind no question about a new name.</summary>
    public bool IsKnown { get; init; }

    /// <summary>How many aliases the answer may follow: fewer when aliases led to this question.</summary>
    public int LinksLeft { get; init; } = MaxLinks;
}
