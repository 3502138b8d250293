using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The first address of the latest answer takes new connections. Earlier members stay while they have connections.</summary>
/// <remarks>Envoy's logical DNS: for names that stand for one service behind changing addresses, where no single address matters.</remarks>
/// <param name="maxMembers">The maximum number of members, earlier members included. The members that were first longest ago leave.</param>
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
        member.Address, DepartureReason.OverLimit, $"was first longest ago, and more than {maxMembers} addresses were first");

    private static Member Lingering(Member member) => member with
    {
        Absences = member.Absences + 1,
        Reason = "no longer the first address; keeps its connections",
    };
}
