using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>The set is the latest answer, and the old one serves until the new one is warm: well before the next answer, so that here it is strict.</summary>
internal sealed class WarmFirstMembership(int maxMembers, int subsetSeed) : IMembershipPolicy
{
    private readonly StrictMembership _strict = new(maxMembers, subsetSeed);

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        _strict.Decide(current, answer, isComplete, now);
}
