using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The outcome of a question to one server.</summary>
internal sealed record ServerReply(NameServer Server, DnsReply Reply)
{
    /// <summary>Whether it answers the question, so that no other server needs to be asked.</summary>
    public bool IsConclusive => Reply is DnsReply.Records or DnsReply.None or DnsReply.Elsewhere;

    /// <summary>This reply, or the earlier one if this reply is only an error of this system.</summary>
    public ServerReply Or(ServerReply? earlier) => earlier is null || Reply is not DnsReply.NoSocket ? this : earlier;
}
