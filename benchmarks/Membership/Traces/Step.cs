using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>One question of a trace: what was answered, and what really changed since the one before.</summary>
/// <param name="At">When the answer arrived.</param>
/// <param name="Answer">The addresses; none when the answer was lost, which no policy sees.</param>
/// <param name="Removed">Addresses that are out of service from now on.</param>
/// <param name="Returned">Addresses that were out of service and are in it from now on.</param>
internal sealed record Step(
    DateTimeOffset At, ImmutableArray<IPAddress> Answer, ImmutableArray<IPAddress> Removed, ImmutableArray<IPAddress> Returned)
{
    public bool IsLost => Answer.IsEmpty;

    /// <summary>Whether other name servers were asked than for the answer before.</summary>
    public bool IsOfOtherSources { get; init; }
}
