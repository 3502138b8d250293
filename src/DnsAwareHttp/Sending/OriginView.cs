using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>What people see of an origin at one moment. Reads what is published, and takes no lock of the origin.</summary>
internal static class OriginView
{
    /// <param name="origin">The origin.</param>
    /// <param name="scope">Shared by all parts of the origin.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="lastUsed">When a request last came.</param>
    public static OriginSnapshot Of(Origin origin, OriginScope scope, IOriginEndpoints endpoints, DateTimeOffset lastUsed)
    {
        DateTimeOffset now = scope.Clock.Now;

        // Read before the drains: a pool that begins to drain meanwhile is seen twice here, not never.
        EndpointSet? offered = endpoints.Current;
        HashSet<EndpointPool> members = [.. offered?.All ?? []];
        HashSet<EndpointPool> preferred = [.. offered?.Preferred ?? []];
        ImmutableArray<EndpointSnapshot> all =
        [
            .. (offered?.Placements ?? []).Select(place => Of(place, preferred.Contains(place.Pool), now)),
            .. scope.Drainer.DrainingOf(scope.Owner).Where(drain => !members.Contains(drain.Departure.Pool))
                .Select(drain => drain.Snapshot(now)),
        ];
        AnswerSnapshot? answer = endpoints.LatestAnswer;
        return new OriginSnapshot
        {
            Origin = scope.Owner.Name,
            Host = origin.Host,
            Port = origin.Port,
            Membership = scope.Options.MembershipOf(origin.Host, origin.Port),
            LastUsedAt = lastUsed,
            Answer = answer is null ? null : answer with { TtlLeft = answer.ExpiresAt > now ? answer.ExpiresAt - now : TimeSpan.Zero },
            Endpoints = WithShares(all),
        };
    }

    private static EndpointSnapshot Of(EndpointPlacement place, bool isPreferred, DateTimeOffset now) =>
        place.Pool.Snapshot(place.Membership, now) with
        {
            IsPreferred = isPreferred,
            Priority = place.Priority,
            Weight = place.Weight,
            HasRoute = place.HasRoute,
        };

    private static ImmutableArray<EndpointSnapshot> WithShares(ImmutableArray<EndpointSnapshot> endpoints)
    {
        double sum = endpoints.Sum(static endpoint => endpoint.RequestsPerSecond);
        return sum == 0
            ? endpoints
            : [.. endpoints.Select(endpoint => endpoint with { TrafficShare = Math.Round(endpoint.RequestsPerSecond / sum, 4) })];
    }
}
