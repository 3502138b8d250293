using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>What came of one question to one server.</summary>
internal abstract record DnsReply
{
    private DnsReply()
    {
    }

    /// <summary>The name has addresses of the asked type; the TTL is the smallest of them and of the aliases that led there.</summary>
    public sealed record Records(ImmutableArray<IPAddress> Addresses, TimeSpan Ttl) : DnsReply
    {
        /// <summary>Where the service is, if one was asked for (none: nowhere, decidedly); null for a question about addresses.</summary>
        public ImmutableArray<ServiceTarget>? Targets { get; init; }
    }

    /// <summary>The name, or the name that its aliases lead to, has none.</summary>
    public sealed record None(EmptyReason Reason, TimeSpan NegativeTtl) : DnsReply;

    /// <summary>The name is an alias of another, about which the message says nothing.</summary>
    public sealed record Elsewhere(string Target, int Links, TimeSpan Ttl) : DnsReply;

    /// <summary>The server will not or cannot answer.</summary>
    public sealed record Refusal(DnsResponseCode Code) : DnsReply;

    /// <summary>The answer does not fit; TCP has room for it.</summary>
    public sealed record Truncated : DnsReply
    {
        public static readonly Truncated Instance = new();
    }

    /// <summary>The message answers another question, or nobody's. Anybody can send such a one: the right one may still come.</summary>
    public sealed record NotOurs : DnsReply
    {
        public static readonly NotOurs Instance = new();
    }

    /// <summary>The message answers our question and makes no sense.</summary>
    public sealed record Malformed(string Problem) : DnsReply;

    /// <summary>Nothing came: the time was up, or the network said that nothing will.</summary>
    public sealed record Silence(string Problem, Exception? Exception = null) : DnsReply;

    /// <summary>There is no socket to ask with; the server knows nothing of it.</summary>
    public sealed record NoSocket(Exception Exception) : DnsReply;
}
