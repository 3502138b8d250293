using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The endpoints of one origin at one moment: what a request sees, taken by one read.</summary>
/// <param name="Preferred">Those that requests are spread over: all that do not fail, or all when every one fails.</param>
/// <param name="LastResort">Those that fail, tried when the others were: better a try than a refusal.</param>
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

        ImmutableArray<EndpointPool> failing = [.. pools.Where(pool => pool.Status.State is EndpointState.Failing)];
        bool allFail = failing.Length == pools.Length;
        ImmutableArray<EndpointPool> preferred = allFail ? pools : [.. pools.Except(failing)];
        IEndpointPicker picker = policy switch
        {
            LoadBalancingPolicy.RoundRobin => new RoundRobinPicker(preferred, random),
            LoadBalancingPolicy.PickFirst => new PickFirstPicker(Stay(preferred, before)),
            _ => new LeastRequestsPicker(preferred, random),
        };
        return new EndpointSet(preferred, allFail ? [] : failing, picker);
    }

    /// <summary>Another endpoint than those that were tried; null when there is none.</summary>
    public EndpointPool? PickOther(IEnumerable<EndpointPool> tried, Random random) => Draw(Preferred.Except(tried), random) ?? Draw(LastResort.Except(tried), random);

    /// <summary>All others than <paramref name="picked"/>, in the order in which they are dialled: those preferred that follow it, from there around, then the last resorts.</summary>
    public IEnumerable<EndpointPool> InTurnAfter(EndpointPool picked)
    {
        int at = Preferred.IndexOf(picked);
        return Preferred.Skip(at + 1).Concat(Preferred.Take(Math.Max(at, 0))).Concat(LastResort).Where(pool => pool != picked);
    }

    private static EndpointPool Stay(ImmutableArray<EndpointPool> preferred, EndpointSet? before) =>
        before?.Picker is PickFirstPicker { First: EndpointPool first } && preferred.Contains(first) ? first : preferred[0];

    private static EndpointPool? Draw(IEnumerable<EndpointPool> pools, Random random)
    {
        EndpointPool[] choice = [.. pools];
        return choice.Length == 0 ? null : choice[random.Next(choice.Length)];
    }
}
