using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>The outcome of one question to one server.</summary>
internal abstract record DnsReply
{
    private DnsReply()
    {
    }

    /// <summary>
    /// Whether a reply that denies or refuses came without an OPT record: the server may not understand questions that have one.
    /// </summary>
    /// <remarks>It is no part of what the reply says: equality does not compare it.</remarks>
    public bool IsWithoutOpt { get; init; }

    public virtual bool Equals(DnsReply? other) => other is not null && EqualityContract == other.EqualityContract;

    public override int GetHashCode() => EqualityContract.GetHashCode();

    /// <summary>The name has addresses of the asked type; the TTL is the smallest of them and of the aliases that led there.</summary>
    public sealed record Records(ImmutableArray<IPAddress> Addresses, TimeSpan Ttl) : DnsReply
    {
        /// <summary>
        /// The targets of a service; empty if the service is decidedly not available; null for a question about addresses.
        /// </summary>
        public ImmutableArray<ServiceTarget>? Targets { get; init; }
    }

    /// <summary>The name, or the target of its aliases, has no records of the type.</summary>
    public sealed record None(EmptyReason Reason, TimeSpan NegativeTtl) : DnsReply;

    /// <summary>The name is an alias. The message says nothing about its target.</summary>
    public sealed record Elsewhere(string Target, int Links, TimeSpan Ttl) : DnsReply;

    /// <summary>The server will not or cannot answer.</summary>
    public sealed record Refusal(DnsResponseCode Code) : DnsReply;

    /// <summary>The server says nothing: it neither has the zone nor asks others.</summary>
    public sealed record Lame : DnsReply
    {
        public static readonly Lame Instance = new();
    }

    /// <summary>The answer does not fit; TCP has room for it.</summary>
    public sealed record Truncated : DnsReply
    {
        public static readonly Truncated Instance = new();
    }

    /// <summary>The message does not answer this question. Anyone can send such a message: the reply may still come.</summary>
    public sealed record NotOurs : DnsReply
    {
        public static readonly NotOurs Instance = new();
    }

    /// <summary>The message answers this question, and is malformed.</summary>
    public sealed record Malformed(string Problem) : DnsReply;

    /// <summary>No reply came before the timeout, or the network reported that no reply will come.</summary>
    public sealed record Silence(string Problem, Exception? Exception = null) : DnsReply;

    /// <summary>No socket could be made; nothing was sent to the server.</summary>
    public sealed record NoSocket(Exception Exception) : DnsReply;
}
