using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Makes the picker of a policy. A new policy has its class and its line here.</summary>
internal static class Pickers
{
    /// <param name="policy">How to spread.</param>
    /// <param name="preferred">The endpoints to spread over; at least one.</param>
    /// <param name="random">The source of random numbers.</param>
    /// <param name="before">The picker that this one replaces.</param>
    public static IEndpointPicker Make(
        LoadBalancingPolicy policy, ImmutableArray<EndpointPlacement> preferred, Random random, IEndpointPicker? before)
    {
        ImmutableArray<EndpointPool> pools = [.. preferred.Select(placement => placement.Pool)];
        return policy switch
        {
            LoadBalancingPolicy.PickFirst => new PickFirstPicker(PickFirstPicker.Stay(pools, before as PickFirstPicker)),
            LoadBalancingPolicy.RoundRobin => new RoundRobinPicker(
                WeightedTurns.Differ(preferred) ? [.. WeightedTurns.Of(preferred).Select(turn => turn.Pool)] : pools, random),
            LoadBalancingPolicy.PeakEwma => new PeakEwmaPicker(
                WeightedTurns.Differ(preferred) ? WeightedTurns.Of(preferred) : [.. pools.Select(static pool => new Turn(pool, 1))],
                random),
            _ => WeightedTurns.Differ(preferred)
                ? new WeightedLeastRequestsPicker(WeightedTurns.Of(preferred), random)
                : new LeastRequestsPicker(pools, random),
        };
    }
}
