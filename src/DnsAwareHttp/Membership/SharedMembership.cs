using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The policy for several names whose members share one limit: each name has an equal part of it.</summary>
/// <param name="most">The most members of all names together; each has one at least.</param>
/// <param name="make">The policy for so many members.</param>
internal sealed class SharedMembership(int most, Func<int, IMembershipPolicy> make) : IMembershipPolicy
{
    private volatile IMembershipPolicy _policy = make(most);
    private int _names = 1;

    public bool AbsentOpenConnections => _policy.AbsentOpenConnections;

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now) => _policy.Decide(current, answer, isComplete, now);

    /// <summary>From the next answer about each of them on, so many names share the limit. For one caller at a time.</summary>
    public void ShareAmong(int names)
    {
        if (names != _names)
        {
            _names = names;
            _policy = make(Math.Max(1, most / names));
        }
    }
}
