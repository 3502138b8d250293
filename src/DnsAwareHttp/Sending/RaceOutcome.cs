using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Origins;

/// <summary>How a <see cref="DialRace"/> ended.</summary>
/// <param name="Winner">The endpoint that has a connection; null when none could be connected to.</param>
/// <param name="Failures">Those that failed on the way, each with its error.</param>
/// <param name="IsFamilyContest">Whether an endpoint of another family than the winner's was dialled before it.</param>
internal sealed record DialOutcome(EndpointPool? Winner, IReadOnlyList<(EndpointPool Pool, Exception Error)> Failures, bool IsFamilyContest = false);
