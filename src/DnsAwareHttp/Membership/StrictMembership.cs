using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>An address is a member while the latest answer has it.</summary>
/// <param name="maxMembers">The maximum number of members. Of a larger answer an <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">Selects the subset of this process.</param>
internal sealed class StrictMembership(int maxMembers, int subsetSeed) : IMembershipPolicy
{
    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        current.ReplacedBy(answer, AddressSubset.Of(answer, maxMembers, subsetSeed), static _ => "absent from the latest answer", now);
}
