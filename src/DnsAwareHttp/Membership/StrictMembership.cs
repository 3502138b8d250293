using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>An address is a member while the latest answer has it: absent once, it leaves.</summary>
/// <param name="maxMembers">The most members; of a larger answer a <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">What makes this process's subset its own.</param>
internal sealed class StrictMembership(int maxMembers, int subsetSeed) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        HashSet<IPAddress> offered = [.. answer];
        ImmutableArray<IPAddress> used = AddressSubset.Of(answer, maxMembers, subsetSeed);
        HashSet<IPAddress> chosen = [.. used];
        return new Members(
            current.Meet(used, now),
            [.. current.All.Where(member => !chosen.Contains(member.Address)).Select(member => new Departure(member.Address, WhyNot(member, offered)))]);
    }

    private static string WhyNot(Member member, HashSet<IPAddress> offered) =>
        offered.Contains(member.Address) ? "outside the subset used of a larger set" : "absent from the latest answer";
}
