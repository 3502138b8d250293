using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The outcome of a question to one server.</summary>
internal sealed record ServerReply(NameServer Server, DnsReply Reply)
{
    /// <summary>Whether it tells about the name, so that no other server needs to be asked.</summary>
    public bool IsConclusive => Reply is DnsReply.Records or DnsReply.None or DnsReply.Elsewhere;

    /// <summary>This reply, or an earlier one where this is only an error of our own system.</summary>
    public ServerReply Or(ServerReply? earlier) => earlier is null || Reply is not DnsReply.NoSocket ? this : earlier;
}
