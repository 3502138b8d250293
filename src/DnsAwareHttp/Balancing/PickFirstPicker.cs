using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Always picks the same endpoint. The next picker keeps it while it is usable.</summary>
internal sealed class PickFirstPicker(EndpointPool first) : IEndpointPicker
{
    public EndpointPool First => first;

    public bool IsSticky => true;

    /// <summary>
    /// The endpoint of the next picker. It changes when the present one fails or leaves, or has no connection while another one has.
    /// </summary>
    /// <param name="pools">The endpoints to choose from; at least one.</param>
    /// <param name="before">The earlier picker; null for the first one.</param>
    public static EndpointPool Stay(ImmutableArray<EndpointPool> pools, PickFirstPicker? before)
    {
        EndpointPool? ready = pools.FirstOrDefault(pool => pool.Health.State is EndpointState.Ready);
        return before is not null && pools.Contains(before.First) && (ready is null || before.First.Health.State is EndpointState.Ready)
            ? before.First
            : ready ?? pools[0];
    }

    public EndpointPool Pick() => first;
}
