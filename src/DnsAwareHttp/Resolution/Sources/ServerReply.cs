using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>What came of a question, and of which server.</summary>
internal sealed record ServerReply(NameServer Server, DnsReply Reply)
{
    /// <summary>Whether it tells of the name, so that no other server needs to be asked.</summary>
    public bool SaysSomething => Reply is DnsReply.Records or DnsReply.None or DnsReply.Elsewhere;
}
