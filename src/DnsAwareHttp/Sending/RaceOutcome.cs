using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>The end of a <see cref="ConnectionRace"/>.</summary>
/// <param name="Winner">The endpoint that has a connection; null when no endpoint could be connected to.</param>
/// <param name="Failures">The endpoints that failed on the way, each with its error.</param>
/// <param name="IsFamilyContest">Whether an endpoint of another family than the winner's was dialled before it.</param>
internal sealed record RaceOutcome(
    EndpointPool? Winner, IReadOnlyList<(EndpointPool Pool, Exception Error)> Failures, bool IsFamilyContest = false);
