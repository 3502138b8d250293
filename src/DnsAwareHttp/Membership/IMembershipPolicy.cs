using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>Decides, answer by answer, which addresses are in use. Pure: no clock, no I/O, no state but the value that it is given and returns.</summary>
internal interface IMembershipPolicy
{
    /// <summary>Whether a member that lingers opens new connections, as others do, or only keeps those that it has.</summary>
    bool AbsentOpenConnections => true;

    /// <summary>The members after one more answer.</summary>
    /// <param name="current">The members before it.</param>
    /// <param name="answer">The addresses that the answer has: at least one, none twice.</param>
    /// <param name="isComplete">Whether they are known to be all there are.</param>
    /// <param name="now">When the answer arrived.</param>
    Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now);
}
