using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Makes one answer of two: about the A and about the AAAA records of a name.</summary>
internal static class AnswerMerge
{
    public static Answer Merge(Answer v4, Answer v6) => (v4, v6) switch
    {
        (Answer.Found one, Answer.Found other) => Unite(one, other),
        (Answer.Found found, Answer.Failed) => Alone(found, AddressFamily.InterNetworkV6),
        (Answer.Failed, Answer.Found found) => Alone(found, AddressFamily.InterNetwork),
        (Answer.Found found, _) => Folded(found),
        (_, Answer.Found found) => Folded(found),
        (Answer.Empty one, Answer.Empty other) => Merge(one, other),

        // Some servers answer NXDOMAIN about AAAA while the name has A records (RFC 4074 section 4.2): it says nothing of the other family.
        (Answer.Failed, _) => v4,
        _ => v6,
    };

    /// <summary>The answer about one family, where the question for the other one failed or is not answered yet.</summary>
    public static Answer.Found Alone(Answer.Found found, AddressFamily without) => Folded(found) with { FailedFamily = without };

    /// <summary>The addresses without IPv4-mapped ones and without duplicates, in their order.</summary>
    public static ImmutableArray<IPAddress> Distinct(ImmutableArray<IPAddress> addresses) =>
        addresses.IsDefault ? [] : [.. addresses.Select(address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).Distinct()];

    private static Answer.Found Unite(Answer.Found one, Answer.Found other) =>
        new(Distinct([.. Distinct(one.Addresses), .. Distinct(other.Addresses)]), Smaller(one.Ttl, other.Ttl),
            one.IsComplete && other.IsComplete);

    private static Answer.Found Folded(Answer.Found found) => found with { Addresses = Distinct(found.Addresses) };

    private static Answer.Empty Merge(Answer.Empty one, Answer.Empty other)
    {
        bool exists = one.Reason == EmptyReason.NoData && other.Reason == EmptyReason.NoData;
        return new Answer.Empty(exists ? EmptyReason.NoData : EmptyReason.NxDomain, Smaller(one.NegativeTtl, other.NegativeTtl));
    }

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
