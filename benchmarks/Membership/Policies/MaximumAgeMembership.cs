using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>An address leaves when it was last seen a fixed time ago, however many answers came meanwhile.</summary>
internal sealed class MaximumAgeMembership(int maxMembers, int subsetSeed, TimeSpan maximumAge) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        Patience.Decide(current, answer, now, maxMembers, subsetSeed, member => now - member.LastSeen < maximumAge);
}
