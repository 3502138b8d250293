using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>An address that was seen once stays a member until there are too many: then those seen longest ago leave.</summary>
/// <param name="maxMembers">The most members; of a larger answer a <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">What makes this process's subset its own.</param>
internal sealed class LogicalMembership(int maxMembers, int subsetSeed) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        ImmutableArray<IPAddress> used = AddressSubset.Of(answer, maxMembers, subsetSeed);
        HashSet<IPAddress> present = [.. used];
        Member[] absent = [.. current.All.Where(member => !present.Contains(member.Address)).OrderByDescending(member => member.LastSeen)];
        int room = maxMembers - used.Length;
        return new Members(
            [.. current.Meet(used, now), .. absent.Take(room).Select(Lingering)],
            [.. absent.Skip(room).Select(member => new Departure(member.Address, $"absent longest, and more than {maxMembers} addresses are known"))]);
    }

    private static Member Lingering(Member member) => member with { Absences = member.Absences + 1, Reason = "absent, never left because of DNS" };
}
