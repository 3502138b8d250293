using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>What people see of an origin at one moment. Reads what is published, and takes no lock of the origin.</summary>
/// <remarks>
/// The endpoints are read when the view is made, the drains are read later: a pool that begins to drain meanwhile is still among the
/// endpoints, and so is never missing.
/// </remarks>
/// <param name="origin">The origin.</param>
/// <param name="scope">Shared by all parts of the origin.</param>
/// <param name="endpoints">Its endpoints.</param>
/// <param name="lastUsed">When a request last came.</param>
internal sealed class OriginView(Origin origin, OriginScope scope, IOriginEndpoints endpoints, DateTimeOffset lastUsed)
{
    private readonly EndpointSet? _offered = endpoints.Current;

    /// <summary>Whose drains belong to the view.</summary>
    public PoolOwner Owner => scope.Owner;

    /// <param name="drains">The drains of <see cref="Owner"/>, read after the view was made.</param>
    public OriginSnapshot Snapshot(IEnumerable<PoolDrain> drains)
    {
        DateTimeOffset now = scope.Clock.Now;
        ImmutableArray<EndpointPlacement> places = _offered?.Placements ?? [];
        PoolDrain[] leaving = [.. drains.Where(drain => !IsAmong(places, drain.Departure.Pool))];
        double rate = places.Sum(place => place.Pool.Traffic.RateAt(now)) + leaving.Sum(drain => drain.Departure.Pool.Traffic.RateAt(now));
        ImmutableArray<EndpointSnapshot>.Builder all = ImmutableArray.CreateBuilder<EndpointSnapshot>(places.Length + leaving.Length);
        for (int i = 0; i < places.Length; i++)
        {
            // The preferred endpoints are the first ones of the set.
            all.Add(Of(places[i], isPreferred: i < _offered!.Preferred.Length, rate, now));
        }

        foreach (PoolDrain drain in leaving)
        {
            all.Add(drain.Snapshot(now, rate));
        }

        return new OriginSnapshot
        {
            Origin = scope.Owner.Name,
            Host = origin.Host,
            Port = origin.Port,
            Membership = scope.Options.MembershipOf(origin.Host, origin.Port),
            LastUsedAt = lastUsed,
            Answer = WithTtlLeft(endpoints.LatestAnswer, now),
            Endpoints = all.MoveToImmutable(),
        };
    }

    private static AnswerSnapshot? WithTtlLeft(AnswerSnapshot? answer, DateTimeOffset now) =>
        answer is null ? null : answer with { TtlLeft = answer.ExpiresAt > now ? answer.ExpiresAt - now : TimeSpan.Zero };

    private static bool IsAmong(ImmutableArray<EndpointPlacement> places, EndpointPool pool) => places.Any(place => place.Pool == pool);

    private static EndpointSnapshot Of(EndpointPlacement place, bool isPreferred, double originRate, DateTimeOffset now) =>
        place.Pool.Snapshot(place.Membership, now, new PoolPlace
        {
            OriginRate = originRate,
            IsPreferred = isPreferred,
            Priority = place.Priority,
            Weight = place.Weight,
            HasRoute = place.HasRoute,
        });
}
