using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The first address of the latest answer takes new connections; those that took them before stay while their connections do, however long they are absent.</summary>
/// <remarks>Envoy's logical DNS: for names that stand for one service behind changing addresses, none of which is to be used by itself.</remarks>
/// <param name="maxMembers">The most members, those that only have connections left included: then those seen longest ago leave.</param>
internal sealed class LogicalMembership(int maxMembers) : IMembershipPolicy
{
    public bool AbsentOpenConnections => false;

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        Member[] before = [.. current.All.Where(member => !member.Address.Equals(answer[0])).OrderByDescending(member => member.LastSeen)];
        return new Members(
            [.. current.Meet([answer[0]], now), .. before.Take(maxMembers - 1).Select(Lingering)],
            [.. before.Skip(maxMembers - 1).Select(OverLimit)]);
    }

    private MemberDeparture OverLimit(Member member) => new(
        member.Address, DepartureReason.OverLimit, $"not first for longest, and more than {maxMembers} addresses have connections");

    private static Member Lingering(Member member) => member with { Absences = member.Absences + 1, Reason = "not the first address any more, its connections stay" };
}
