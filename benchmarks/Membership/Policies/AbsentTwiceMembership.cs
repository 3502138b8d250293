using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>An address leaves when two answers in a row lack it.</summary>
internal sealed class AbsentTwiceMembership(int maxMembers, int subsetSeed) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        Patience.Decide(current, answer, now, maxMembers, subsetSeed, member => member.Absences < 2);
}
