using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The endpoints of one origin at one moment: what a request sees, taken by one read.</summary>
/// <param name="Preferred">Those that requests are spread over: of the lowest priority number among all but those to be avoided, or among all when every one is.</param>
/// <param name="LastResort">Those of other priorities, by number, then those to be avoided; tried when the others were: better a try than a refusal.</param>
/// <param name="Picker">Spreads over <paramref name="Preferred"/>.</param>
internal sealed record EndpointSet(ImmutableArray<EndpointPool> Preferred, ImmutableArray<EndpointPool> LastResort, IEndpointPicker Picker)
{
    /// <summary>The set for some pools as they are now; null when there are none.</summary>
    /// <param name="pools">The members' pools, in the order of preference.</param>
    /// <param name="policy">How to spread.</param>
    /// <param name="random">Where draws come from.</param>
    /// <param name="before">The set that this one replaces: <see cref="PickFirstPicker"/> stays with its choice.</param>
    public static EndpointSet? Of(ImmutableArray<EndpointPool> pools, LoadBalancingPolicy policy, Random random, EndpointSet? before)
    {
        if (pools.IsEmpty)
        {
            return null;
        }

        // Each is looked at once: one whose state changes meanwhile must not be missing on both sides.
        ILookup<bool, EndpointPool> byAvoidance = pools.ToLookup(pool => pool.IsAvoided);
        bool allAreAvoided = !byAvoidance.Contains(false);
        IGrouping<int, EndpointPool>[] byPriority = [.. byAvoidance[allAreAvoided].GroupBy(pool => pool.Priority).OrderBy(rank => rank.Key)];
        ImmutableArray<EndpointPool> preferred = [.. byPriority[0]];
        IEnumerable<EndpointPool> avoided = allAreAvoided ? [] : byAvoidance[true];
        return new EndpointSet(preferred, [.. byPriority.Skip(1).SelectMany(rank => rank), .. avoided.OrderBy(pool => pool.Priority)], PickerFor(preferred, policy, random, before));
    }

    /// <summary>Whether one that takes requests has taken its full share of them for a while.</summary>
    public bool IsWarm => Preferred.Any(IsWarmed) || LastResort.Any(IsWarmed);

    public IEnumerable<EndpointPool> All => Preferred.Concat(LastResort);

    /// <summary>Whether a request awaits its answer.</summary>
    public bool HasRequests => Preferred.Any(pool => pool.ActiveRequests > 0) || LastResort.Any(pool => pool.ActiveRequests > 0);

    /// <summary>Another endpoint than those that were tried, a connected one if there is one; null when there is none at all.</summary>
    public EndpointPool? PickOther(IReadOnlyCollection<EndpointPool> tried, Random random)
    {
        EndpointPool[] others = [.. Preferred.Except(tried)];
        EndpointPool[] connected = [.. others.Where(pool => pool.IsConnected)];
        return Draw(connected, random) ?? Draw(others, random) ?? Draw(NextRank([.. LastResort.Except(tried)]), random);
    }

    /// <summary>An endpoint that a request can be sent to at once, looked for from <paramref name="picked"/> on and around; null when there is none.</summary>
    /// <remarks>Where most are connected it is found after a step or two, however many there are.</remarks>
    public EndpointPool? FirstConnected(EndpointPool picked, IReadOnlyCollection<EndpointPool> tried)
    {
        int start = Math.Max(Preferred.IndexOf(picked), 0);
        for (int step = 0; step < Preferred.Length; step++)
        {
            EndpointPool pool = Preferred[(start + step) % Preferred.Length];
            if (pool.IsConnected && !tried.Contains(pool))
            {
                return pool;
            }
        }

        return null;
    }

    /// <summary>
    /// All endpoints of the preferred priority in the order in which they are dialled while none is connected: those that could be connected to last time, those of which nothing is known,
    /// those to be avoided.
    /// </summary>
    /// <remarks>Within each group from <paramref name="picked"/> on and around, the families taking turns (RFC 8305 section 4).</remarks>
    /// <param name="picked">What the picker picked.</param>
    /// <param name="family">The family that won last time and begins where nothing is known; <see cref="AddressFamily.Unspecified"/>: that of <paramref name="picked"/>.</param>
    public IEnumerable<EndpointPool> DialOrder(EndpointPool picked, AddressFamily family)
    {
        int start = Math.Max(Preferred.IndexOf(picked), 0);
        EndpointPool[] around = [.. Preferred.Skip(start), .. Preferred.Take(start)];
        ILookup<bool, EndpointPool> byReadiness = around.ToLookup(pool => pool.Status.State is EndpointState.Ready);
        return
        [
            .. FamilyTurns.Of([.. byReadiness[true]], pool => pool.Family, AddressFamily.Unspecified),
            .. FamilyTurns.Of([.. byReadiness[false]], pool => pool.Family, family),
            .. LastResort.Where(pool => pool.Priority == Preferred[0].Priority),
        ];
    }

    /// <summary>The endpoints of other priorities than the preferred one, priority by priority: dialled when all before them failed.</summary>
    public IEnumerable<IGrouping<int, EndpointPool>> Fallbacks() => LastResort.Where(pool => pool.Priority != Preferred[0].Priority).GroupBy(pool => pool.Priority);

    private static IEndpointPicker PickerFor(ImmutableArray<EndpointPool> preferred, LoadBalancingPolicy policy, Random random, EndpointSet? before) => policy switch
    {
        LoadBalancingPolicy.PickFirst => new PickFirstPicker(Stay(preferred, before)),
        LoadBalancingPolicy.RoundRobin => new RoundRobinPicker(WeightedTurns.Differ(preferred) ? [.. WeightedTurns.Of(preferred).Select(turn => turn.Pool)] : preferred, random),
        _ => WeightedTurns.Differ(preferred) ? new WeightedLeastRequestsPicker(WeightedTurns.Of(preferred), random) : new LeastRequestsPicker(preferred, random),
    };

    // It moves when its choice fails or leaves, or was never connected to while another one is.
    private static EndpointPool Stay(ImmutableArray<EndpointPool> preferred, EndpointSet? before)
    {
        EndpointPool? ready = preferred.FirstOrDefault(pool => pool.Status.State is EndpointState.Ready);
        return before?.Picker is PickFirstPicker { First: EndpointPool first } && preferred.Contains(first) && (ready is null || first.Status.State is EndpointState.Ready)
            ? first
            : ready ?? preferred[0];
    }

    private static bool IsWarmed(EndpointPool pool) => pool is { Share: 1, Status.State: EndpointState.Ready };

    private static EndpointPool[] NextRank(EndpointPool[] rest) => [.. rest.TakeWhile(pool => pool.Priority == rest[0].Priority)];

    private static EndpointPool? Draw(EndpointPool[] choice, Random random) => choice.Length == 0 ? null : choice[random.Next(choice.Length)];
}
