using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The policy for several names that share one maximum of members. Each name has an equal part of it.</summary>
/// <param name="maxMembers">The maximum number of members of all names together. Each name has at least one.</param>
/// <param name="make">Makes the policy for a maximum.</param>
internal sealed class SharedMembership(int maxMembers, Func<int, IMembershipPolicy> make) : IMembershipPolicy
{
    private volatile IMembershipPolicy _policy = make(maxMembers);
    private int _names = 1;

    public bool AbsentOpenConnections => _policy.AbsentOpenConnections;

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) =>
        _policy.Decide(current, answer, isComplete, now);

    /// <summary>Shares the maximum among that many names, from the next answer about each of them. Not safe for concurrent calls.</summary>
    public void ShareAmong(int names)
    {
        if (names != _names)
        {
            _names = names;
            _policy = make(Math.Max(1, maxMembers / names));
        }
    }
}
