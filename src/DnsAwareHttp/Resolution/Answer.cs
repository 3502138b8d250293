using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp;

/// <summary>
/// The outcome of one question about a name: addresses (<see cref="Found"/>), a definite no (<see cref="Empty"/>), or no answer
/// (<see cref="Failed"/>).
/// </summary>
public abstract record Answer
{
    private Answer()
    {
    }

    /// <summary>The source that was asked, for people; null if that is not known. Answers of two sources may be equal.</summary>
    internal string? Source { get; init; }

    /// <summary>The class of a failure that no exception tells, for metrics; null for no such class.</summary>
    internal string? ErrorType { get; init; }

    /// <inheritdoc/>
    public virtual bool Equals(Answer? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();

    /// <summary>As this answer, with its source. So is what replaces it.</summary>
    internal Answer From(string? source) => this is Found { Rest: Task<Answer> rest } found
        ? found with { Source = source, Rest = FromAsync(rest, source) }
        : Source == source ? this
        : this with { Source = source };

    private static async Task<Answer> FromAsync(Task<Answer> answer, string? source) => (await answer.ConfigureAwait(false)).From(source);

    /// <summary>Makes one answer of the answers for the two address families of a name, asked with A and AAAA records.</summary>
    /// <remarks>
    /// <para>Two <see cref="Found"/> give all addresses, IPv4 first, with the smaller TTL; complete only if both are.</para>
    /// <para>One <see cref="Found"/> and one <see cref="Empty"/> give the addresses found. One <see cref="Found"/> and one
    /// <see cref="Failed"/> give them too: the cache then keeps the addresses that it knows of the failed family and asks again
    /// soon.</para>
    /// <para>Two <see cref="Empty"/> give <see cref="EmptyReason.NxDomain"/> if one of them says so. One <see cref="Empty"/> and one
    /// <see cref="Failed"/> give <see cref="Failed"/>: there are servers that answer NXDOMAIN about one type of a name that has records of
    /// another (RFC 4074 section 4.2).</para>
    /// </remarks>
    /// <param name="ipv4">The answer for IPv4 (A records).</param>
    /// <param name="ipv6">The answer for IPv6 (AAAA records).</param>
    public static Answer Merge(Answer ipv4, Answer ipv6)
    {
        ArgumentNullException.ThrowIfNull(ipv4);
        ArgumentNullException.ThrowIfNull(ipv6);
        return AnswerMerge.Merge(ipv4, ipv6);
    }

    /// <summary>The answer about a service, from its SRV records (RFC 2782).</summary>
    /// <remarks>The cache looks up the addresses of the targets itself. It takes 1,024 targets at most.</remarks>
    /// <param name="targets">
    /// The targets, in any order. Hosts are names in ASCII form (punycode); case and a trailing dot do not matter. An empty list says that
    /// the service is decidedly not available, as a single target of <c>.</c> does.
    /// </param>
    /// <param name="ttl">As in <see cref="Found"/>.</param>
    /// <exception cref="ArgumentException">A target has no host name, or a number is out of its range. The message names it.</exception>
    public static Found ForService(IEnumerable<ServiceTarget> targets, TimeSpan ttl)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return new Found([], ttl) { Targets = [.. targets.Select(ServiceTargets.Checked).Distinct().Take(ServiceTargets.Max)] };
    }

    /// <summary>The answer that is whole: after all that is late.</summary>
    internal async Task<Answer> WholeAsync()
    {
        Answer answer = this;
        while (answer is Found { Rest: Task<Answer> rest })
        {
            answer = await rest.ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>The name has addresses.</summary>
    /// <param name="Addresses">
    /// The addresses, in the order of the source. The cache drops duplicates and turns IPv4-mapped IPv6 addresses into IPv4. An empty list
    /// counts as <see cref="Empty"/>.
    /// </param>
    /// <param name="Ttl">
    /// How long the answer holds, from the moment the question was sent (RFC 1035 section 3.2.1). The cache clamps it to
    /// <see cref="DnsCacheOptions.MinTtl"/> and <see cref="DnsCacheOptions.MaxTtl"/>.
    /// </param>
    /// <param name="IsComplete">
    /// Whether the list has all addresses and is never a sample of a larger set: an absent address is gone.
    /// </param>
    public sealed record Found(ImmutableArray<IPAddress> Addresses, TimeSpan Ttl, bool IsComplete = false) : Answer
    {
        private const int MaxShown = 8;

        /// <summary>
        /// The family whose question failed, or is not answered yet, while the other family was answered: its known addresses still hold.
        /// </summary>
        internal AddressFamily FailedFamily { get; init; } = AddressFamily.Unspecified;

        /// <summary>
        /// The absolute name that has the addresses, of those that a search list makes; null for sources without a search list.
        /// </summary>
        internal string? Candidate { get; init; }

        /// <summary>Whether an earlier name of the search list failed. It may exist, so the question is asked again soon.</summary>
        internal bool IsProvisional { get; init; }

        /// <summary>The answer that replaces this one when the questions that are late are answered; null when none is.</summary>
        internal Task<Answer>? Rest { get; init; }

        /// <summary>
        /// The targets of a service; an empty list says that the service is not available (RFC 2782). Null for a question about addresses.
        /// </summary>
        public ImmutableArray<ServiceTarget>? Targets { get; internal init; }

        /// <summary>Whether the question was for a service. The answer then has targets and no addresses.</summary>
        internal bool IsService => Targets is not null;

        /// <inheritdoc/>
        public bool Equals(Found? other) =>
            other is not null && Ttl == other.Ttl && IsComplete == other.IsComplete && FailedFamily == other.FailedFamily
            && IsService == other.IsService && (Targets ?? []).AsSpan().SequenceEqual((other.Targets ?? []).AsSpan())
            && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() =>
            HashCode.Combine(Addresses.IsDefaultOrEmpty ? null : Addresses[0], Addresses.IsDefault ? 0 : Addresses.Length, Ttl, IsComplete);

        /// <summary>As this answer, found under one name of a search list. So is what replaces it.</summary>
        internal Found Under(string candidate, bool isProvisional) =>
            Rest is null && Candidate == candidate && IsProvisional == isProvisional ? this : this with
            {
                Candidate = candidate,
                IsProvisional = isProvisional,
                Rest = Rest is null ? null : UnderAsync(Rest, candidate, isProvisional),
            };

        private static async Task<Answer> UnderAsync(Task<Answer> rest, string candidate, bool isProvisional)
        {
            Answer answer = await rest.ConfigureAwait(false);
            return answer is Found found ? found.Under(candidate, isProvisional) : answer;
        }

        /// <inheritdoc/>
        public override string ToString() =>
            Ttl == TimeSpan.MaxValue ? $"{Content()} (no TTL)" : $"{Content()} (TTL {Ttl.TotalSeconds:0.###} s)";

        private string Content() =>
            Targets is { IsEmpty: true } ? "the service is decidedly not available"
            : Targets is ImmutableArray<ServiceTarget> targets ? Examples.Of(targets, MaxShown)
            : Addresses.IsDefault ? ""
            : Examples.Of(Addresses, MaxShown);
    }

    /// <summary>The name has no address: a definite answer, not a failure.</summary>
    /// <param name="Reason">Whether the name does not exist, or has other records only.</param>
    /// <param name="NegativeTtl">
    /// How long the answer holds (RFC 2308 section 5). The cache clamps it to <see cref="DnsCacheOptions.MaxNegativeTtl"/>.
    /// </param>
    public sealed record Empty(EmptyReason Reason, TimeSpan NegativeTtl) : Answer
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Reason.Describe()} (TTL {NegativeTtl.TotalSeconds:0.###} s)";
    }

    /// <summary>No answer: a timeout, SERVFAIL, REFUSED, or a malformed answer. The last good answer stays in use.</summary>
    /// <param name="Reason">The failure, for people. Log and exception messages contain it.</param>
    /// <param name="Exception">The cause, where there is one.</param>
    public sealed record Failed(string Reason, Exception? Exception = null) : Answer
    {
        /// <inheritdoc/>
        public override string ToString() => $"no answer ({Reason})";
    }
}
