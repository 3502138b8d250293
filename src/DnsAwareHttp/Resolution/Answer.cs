using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp;

/// <summary>One question, one outcome: addresses, none, or no answer at all.</summary>
public abstract record Answer
{
    private Answer()
    {
    }

    /// <summary>The name has addresses.</summary>
    /// <param name="Addresses">One or more; duplicates and IPv4-mapped IPv6 addresses are folded by the cache. None at all is taken as <see cref="Empty"/>.</param>
    /// <param name="Ttl">How long they may be believed, from the moment the question was sent (RFC 1035 section 3.2.1); clamped to <see cref="DnsCacheOptions.MinTtl"/> and <see cref="DnsCacheOptions.MaxTtl"/>.</param>
    /// <param name="IsComplete">Whether these are all there are, never a sample of a larger set: an address that is absent is gone.</param>
    public sealed record Found(ImmutableArray<IPAddress> Addresses, TimeSpan Ttl, bool IsComplete = false) : Answer
    {
        /// <summary>A family whose question failed while the other's was answered: what was known of it still holds.</summary>
        internal AddressFamily FailedFamily { get; init; } = AddressFamily.Unspecified;

        /// <summary>Where the service is, if one was asked for (none: nowhere, decidedly; RFC 2782); null for a question about addresses.</summary>
        internal ImmutableArray<ServiceTarget>? Targets { get; init; }

        /// <summary>Whether it is the answer to a question for a service, which has targets and no addresses.</summary>
        internal bool IsService => Targets is not null;

        /// <inheritdoc/>
        public bool Equals(Found? other) =>
            other is not null && Ttl == other.Ttl && IsComplete == other.IsComplete && FailedFamily == other.FailedFamily
            && IsService == other.IsService && (Targets ?? []).AsSpan().SequenceEqual((other.Targets ?? []).AsSpan())
            && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Addresses.IsDefaultOrEmpty ? null : Addresses[0], Addresses.IsDefault ? 0 : Addresses.Length, Ttl, IsComplete);

        /// <inheritdoc/>
        public override string ToString() => $"{Content()} (TTL {Ttl.TotalSeconds:0.###} s)";

        private string Content() =>
            Targets is ImmutableArray<ServiceTarget> targets ? targets.IsEmpty ? "the service is decidedly not available" : string.Join(", ", targets)
            : Addresses.IsDefault ? ""
            : string.Join(", ", Addresses);
    }

    /// <summary>The name is known to have no address.</summary>
    /// <param name="Reason">Whether the name does not exist, or has other records only.</param>
    /// <param name="NegativeTtl">How long that may be believed (RFC 2308 section 5).</param>
    public sealed record Empty(EmptyReason Reason, TimeSpan NegativeTtl) : Answer;

    /// <summary>Nobody could tell: a timeout, SERVFAIL, REFUSED, or an answer that makes no sense. The last good answer stays in use.</summary>
    /// <param name="Reason">What went wrong, for people: it becomes part of log and exception messages.</param>
    /// <param name="Exception">The cause, where there is one.</param>
    public sealed record Failed(string Reason, Exception? Exception = null) : Answer;
}
