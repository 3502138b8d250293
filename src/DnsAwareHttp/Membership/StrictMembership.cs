using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>An address is a member while the latest answer has it: absent once, it leaves.</summary>
/// <param name="maxMembers">The most members; of a larger answer a <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">What makes this process's subset its own.</param>
internal sealed class StrictMembership(int maxMembers, int subsetSeed) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        current.ReplacedBy(answer, AddressSubset.Of(answer, maxMembers, subsetSeed), static _ => "absent from the latest answer", now);
}
