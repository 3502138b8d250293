using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The endpoints of one origin at one moment. A request takes all of them by one read.</summary>
/// <remarks>
/// Requests are spread over the preferred endpoints: the endpoints of the lowest priority number among the endpoints that need not be
/// avoided, and a part of the next ones while <see cref="SpillOver"/> says so. If all must be avoided, all count. The last resort is all
/// other endpoints: other priorities by number, then the endpoints to be avoided.
/// </remarks>
internal sealed class EndpointSet
{
    private readonly ImmutableArray<EndpointPlacement> _lastResort;
    private readonly int _priority;
    private readonly IEndpointPicker _picker;

    private EndpointSet(
        ImmutableArray<EndpointPlacement> preferred, ImmutableArray<EndpointPlacement> lastResort, ImmutableArray<EndpointPool> overflow,
        IEndpointPicker picker)
    {
        Overflow = overflow;
        _lastResort = lastResort;
        _priority = preferred[0].Priority;
        Placements = [.. preferred, .. lastResort];
        Preferred = [.. preferred.Select(placement => placement.Pool)];
        LastResort = [.. lastResort.Select(placement => placement.Pool)];
        _picker = picker;

        // If all fail, all are tried in any case. An endpoint that others stand in for is tried, too: otherwise it would never return.
        int last = preferred.Max(static place => place.Priority);
        ImmutableArray<EndpointPool> onTrial =
            [.. lastResort.Where(place => place.HasRoute && place.Priority <= last).Select(place => place.Pool).Where(IsOnTrial)];
        Picker = onTrial.IsEmpty ? picker : new TrialPicker(picker, onTrial);
    }

    /// <summary>Spreads requests over <see cref="Preferred"/>.</summary>
    public IEndpointPicker Picker { get; }

    /// <summary>The endpoints that requests are spread over.</summary>
    public ImmutableArray<EndpointPool> Preferred { get; }

    /// <summary>Endpoints that are tried after the preferred ones: better a try than a refusal.</summary>
    public ImmutableArray<EndpointPool> LastResort { get; }

    /// <summary>
    /// Usable endpoints of the next priorities, for requests that find all preferred ones full. Empty where they only stand by.
    /// </summary>
    public ImmutableArray<EndpointPool> Overflow { get; }

    /// <summary>All endpoints with their places.</summary>
    public ImmutableArray<EndpointPlacement> Placements { get; }

    public IEnumerable<EndpointPool> All => Placements.Select(placement => placement.Pool);

    /// <summary>Whether an endpoint has taken its full share of requests for a while.</summary>
    public bool IsWarm => All.Any(pool => pool.IsWarm);

    /// <summary>Whether a request of the application awaits its answer.</summary>
    public bool HasRequests => All.Any(pool => pool.Probes.HasOtherRequests);

    /// <summary>The set of some endpoints in their present states; null for no endpoint.</summary>
    /// <param name="placements">The endpoints, in the order of preference.</param>
    /// <param name="policy">How to spread.</param>
    /// <param name="random">The source of random numbers.</param>
    /// <param name="before">The set that this one replaces: <see cref="PickFirstPicker"/> stays with its choice.</param>
    /// <param name="maxEjectedShare">If more than this part of the usable endpoints of a priority is ejected, all are used.</param>
    /// <param name="spillsOver">Whether requests go to the next priority while the first one is only partly usable, or full.</param>
    public static EndpointSet? Of(
        ImmutableArray<EndpointPlacement> placements, LoadBalancingPolicy policy, Random random, EndpointSet? before,
        double maxEjectedShare = 1, bool spillsOver = false)
    {
        if (placements.IsEmpty)
        {
            return null;
        }

        // Each state is read once: an endpoint whose state changes meanwhile must not be missing on both sides.
        ILookup<bool, EndpointPlacement> byAvoidance = AvoidedOrNot(placements, maxEjectedShare, spillsOver);
        bool allAreAvoided = !byAvoidance.Contains(false);
        IGrouping<int, EndpointPlacement>[] byPriority =
            [.. byAvoidance[allAreAvoided].GroupBy(placement => placement.Priority).OrderBy(rank => rank.Key)];
        bool isSpread = spillsOver && !allAreAvoided && policy is not LoadBalancingPolicy.PickFirst;
        ImmutableArray<EndpointPlacement> weighted = isSpread ? SpillOver.Of(byPriority, placements) : [.. byPriority[0]];
        HashSet<int> taking = [.. weighted.Select(static placement => placement.Priority)];
        ILookup<bool, EndpointPlacement> byUse =
            byPriority.SelectMany(static rank => rank).ToLookup(place => taking.Contains(place.Priority));
        IEnumerable<EndpointPlacement> avoided = allAreAvoided ? [] : byAvoidance[true];
        return new EndpointSet(
            [.. byUse[true]],
            [.. byUse[false], .. avoided.OrderBy(placement => placement.Priority)],
            spillsOver && !allAreAvoided ? [.. byUse[false].Select(static place => place.Pool)] : [],
            Pickers.Make(policy, weighted, random, before?._picker));
    }

    /// <summary>The endpoint of the next request: the picker's choice if it has room, or else another one that has.</summary>
    public EndpointPool Pick(Random random)
    {
        EndpointPool picked = Picker.Pick();
        return picked.Room.IsFree ? picked : RoomSearch.Find(this, picked, random);
    }

    /// <summary>An endpoint that was not tried, if possible one with room; null when all were tried.</summary>
    public EndpointPool? PickOther(IReadOnlyCollection<EndpointPool> tried, Random random)
    {
        EndpointPool[] others = [.. Preferred.Except(tried)];
        return Draw([.. others.Where(pool => pool.Room.IsFree)], random)
            ?? Draw([.. others.Where(pool => pool.IsConnected && pool.Room.CanGrow)], random)
            ?? Draw([.. others.Where(pool => pool.Room.CanGrow)], random)
            ?? Draw(others, random)
            ?? Draw(NextRank(tried), random);
    }

    /// <summary>Whether a preferred endpoint beside one, and beside those that were tried, has something.</summary>
    public bool HasBeside(EndpointPool full, IReadOnlyCollection<EndpointPool>? tried, Func<PoolRoom, bool> condition)
    {
        foreach (EndpointPool pool in Preferred)
        {
            if (pool != full && tried?.Contains(pool) != true && condition(pool.Room))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// All endpoints of the preferred priority, in the order of dials. First come endpoints whose last connect succeeded, then endpoints
    /// without a known outcome, then endpoints to be avoided.
    /// </summary>
    /// <remarks>Each group begins at <paramref name="picked"/>, with the families interleaved (RFC 8305 section 4).</remarks>
    /// <param name="picked">The picker's choice.</param>
    /// <param name="family">
    /// The family that won last time. It begins the group without a known outcome. <see cref="AddressFamily.Unspecified"/>: the family of
    /// <paramref name="picked"/> begins.
    /// </param>
    public IEnumerable<EndpointPool> DialOrder(EndpointPool picked, AddressFamily family)
    {
        int start = Math.Max(Preferred.IndexOf(picked), 0);
        EndpointPool[] around = [.. Preferred.Skip(start), .. Preferred.Take(start)];
        ILookup<bool, EndpointPool> byReadiness = around.ToLookup(pool => pool.Health.State is EndpointState.Ready);
        return
        [
            .. FamilyInterleaving.Of([.. byReadiness[true]], pool => pool.Family, AddressFamily.Unspecified),
            .. FamilyInterleaving.Of([.. byReadiness[false]], pool => pool.Family, family),
            .. Overflow,
            .. _lastResort.Where(placement => placement.Priority == _priority).Select(placement => placement.Pool).Except(Overflow),
        ];
    }

    /// <summary>
    /// The endpoints of the other priorities, priority by priority. Each priority is dialled after all before it failed.
    /// </summary>
    public IEnumerable<IEnumerable<EndpointPool>> Fallbacks() => _lastResort
        .Where(placement => placement.Priority != _priority && !Overflow.Contains(placement.Pool))
        .GroupBy(placement => placement.Priority, placement => placement.Pool);

    private static ILookup<bool, EndpointPlacement> AvoidedOrNot(
        ImmutableArray<EndpointPlacement> placements, double maxEjectedShare, bool spillsOver)
    {
        (EndpointPlacement Place, EndpointHealth Health)[] states = [.. placements.Select(place => (place, place.Pool.Health))];

        // The next priority is better than an ejected endpoint.
        bool othersStandIn = spillsOver && Array.Exists(states, static state => !state.Place.IsAvoidedIn(state.Health, mayBeOut: true));
        HashSet<int> panicking =
        [
            .. states.Where(_ => !othersStandIn).GroupBy(static state => state.Place.Priority)
                .Where(rank => !OutlierDetector.IsWithin(
                    rank.Count(static state => state.Health.State is EndpointState.Ejected),
                    rank.Count(static state => state.Health.State is not EndpointState.Failing),
                    maxEjectedShare))
                .Select(static rank => rank.Key),
        ];
        return states.ToLookup(
            state => state.Place.IsAvoidedIn(state.Health, mayBeOut: !panicking.Contains(state.Place.Priority)),
            static state => state.Place);
    }

    private static bool IsOnTrial(EndpointPool pool) => pool.Health is { IsOnTrial: true, IsMisdirected: false };

    private EndpointPool[] NextRank(IReadOnlyCollection<EndpointPool> tried)
    {
        EndpointPlacement[] rest = [.. _lastResort.Where(placement => !tried.Contains(placement.Pool))];
        return [.. rest.TakeWhile(placement => placement.Priority == rest[0].Priority).Select(placement => placement.Pool)];
    }

    private static EndpointPool? Draw(EndpointPool[] choice, Random random) =>
        choice.Length == 0 ? null : choice[random.Next(choice.Length)];
}
