using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The outcome of a question to one server.</summary>
internal sealed record ServerReply(NameServer Server, DnsReply Reply)
{
    /// <summary>The server before it that should have been heard, where it denies the name; null if it is to be believed.</summary>
    public NameServer? Missing { get; init; }

    /// <summary>Whether the server knows records or an alias.</summary>
    public bool IsFound => Reply is DnsReply.Records or DnsReply.Elsewhere;

    /// <summary>This reply, or the earlier one if this reply is only an error of this system.</summary>
    public ServerReply Or(ServerReply? earlier) => earlier is null || Reply is not DnsReply.NoSocket ? this : earlier;
}
