using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>Decides, answer by answer, which addresses take requests.</summary>
/// <remarks>
/// <para>A decision is pure: a function of its arguments and of what the policy was made with. It reads no clock, does no I/O and keeps
/// no state. Whatever it must remember is in the <see cref="Members"/> that it returns.</para>
/// <para>For every decision the following holds:</para>
/// <list type="number">
/// <item>There is at least one member, and at most the maximum.</item>
/// <item>Each new member is in the answer, and no address is a member twice.</item>
/// <item>Each previous member either is still a member or has departed, never both. Nothing else departs.</item>
/// <item>An address of the answer departs only where the set is larger than the maximum, or with <see cref="LogicalMembership"/>.</item>
/// <item>A member keeps its <see cref="Member.FirstSeen"/>. It lingers (<see cref="Member.Absences"/> &gt; 0) exactly while the policy
/// counts it as absent.</item>
/// <item>The same arguments give the same decision.</item>
/// </list>
/// </remarks>
internal interface IMembershipPolicy
{
    /// <summary>Whether a lingering member opens new connections. If not, it only uses its open connections.</summary>
    bool AbsentOpenConnections => true;

    /// <summary>The members after one more answer.</summary>
    /// <param name="current">The members before the answer: <see cref="Members.None"/>, or the result of an earlier decision.</param>
    /// <param name="answer">The addresses of the answer: at least one, each once.</param>
    /// <param name="isComplete">Whether the answer is known to be the whole set.</param>
    /// <param name="now">When the answer arrived; not earlier than the answer before it.</param>
    Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now);
}
