using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Makes one answer of two: about the A and about the AAAA records of a name.</summary>
internal static class AnswerMerge
{
    // Each address is compared with those before it.
    private const int MaxCompared = 16;

    public static Answer Merge(Answer v4, Answer v6) => (Usable(v4), Usable(v6)) switch
    {
        (Answer.Found one, Answer.Found other) => Unite(one, other),
        (Answer.Found found, Answer.Failed) => Alone(found, AddressFamily.InterNetworkV6),
        (Answer.Failed, Answer.Found found) => Alone(found, AddressFamily.InterNetwork),
        (Answer.Found found, _) => found,
        (_, Answer.Found found) => found,
        (Answer.Empty one, Answer.Empty other) => Merge(one, other),

        // Some servers answer NXDOMAIN about AAAA while the name has A records (RFC 4074 section 4.2): it says nothing of the other family.
        (Answer.Failed, _) => v4,
        _ => v6,
    };

    /// <summary>The answer about one family, where the question for the other one failed or is not answered yet.</summary>
    public static Answer.Found Alone(Answer.Found found, AddressFamily without) => found with { FailedFamily = without };

    /// <summary>The answer with the addresses of <see cref="Distinct"/>; NODATA if only unspecified addresses are there.</summary>
    public static Answer Usable(Answer answer)
    {
        if (answer is not Answer.Found { IsService: false } found)
        {
            return answer;
        }

        ImmutableArray<IPAddress> addresses = Distinct(found.Addresses);
        return addresses.IsEmpty && !found.Addresses.IsDefaultOrEmpty
            ? new Answer.Empty(EmptyReason.NoData, found.Ttl)
            : addresses == found.Addresses ? found
            : found with { Addresses = addresses };
    }

    /// <summary>The addresses without IPv4-mapped ones, unspecified ones and duplicates, in their order.</summary>
    public static ImmutableArray<IPAddress> Distinct(ImmutableArray<IPAddress> addresses) =>
        addresses.IsDefault ? []
        : IsDistinct(addresses) ? addresses
        : [.. addresses.Select(Plain).Where(address => !IsUnspecified(address)).Distinct()];

    /// <summary>An IPv4-mapped address as the IPv4 address that it is.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Whether a server means by it that there is no address. To connect to it would reach this machine.</summary>
    public static bool IsUnspecified(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>Whether the addresses are of the family, distinct, and no more than a few. There is one at least.</summary>
    public static bool IsPlain(ImmutableArray<IPAddress> addresses, AddressFamily family)
    {
        if (addresses.IsDefaultOrEmpty || !IsDistinct(addresses))
        {
            return false;
        }

        foreach (IPAddress address in addresses)
        {
            if (family is not AddressFamily.Unspecified && address.AddressFamily != family)
            {
                return false;
            }
        }

        return true;
    }

    // Nearly each answer is. To see it costs nothing; to make a list anew costs some 1,000 bytes.
    private static bool IsDistinct(ImmutableArray<IPAddress> addresses)
    {
        if (addresses.Length > MaxCompared)
        {
            return false;
        }

        for (int i = 0; i < addresses.Length; i++)
        {
            IPAddress address = addresses[i];
            if (address.IsIPv4MappedToIPv6 || IsUnspecified(address) || addresses.AsSpan(0, i).Contains(address))
            {
                return false;
            }
        }

        return true;
    }

    private static Answer.Found Unite(Answer.Found one, Answer.Found other) =>
        new(Distinct([.. one.Addresses, .. other.Addresses]), Smaller(one.Ttl, other.Ttl),
            one.IsComplete && other.IsComplete);

    private static Answer.Empty Merge(Answer.Empty one, Answer.Empty other)
    {
        bool exists = one.Reason == EmptyReason.NoData && other.Reason == EmptyReason.NoData;
        return new Answer.Empty(exists ? EmptyReason.NoData : EmptyReason.NxDomain, Smaller(one.NegativeTtl, other.NegativeTtl));
    }

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
