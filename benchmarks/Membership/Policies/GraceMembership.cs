using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>An address leaves when more answers in a row than a fixed grace lack it.</summary>
internal sealed class GraceMembership(int maxMembers, int subsetSeed, int grace) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        Patience.Decide(current, answer, now, maxMembers, subsetSeed, member => member.Absences <= grace);
}
