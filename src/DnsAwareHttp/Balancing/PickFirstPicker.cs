using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Picks the same endpoint always. The next picker keeps it while it is usable.</summary>
internal sealed class PickFirstPicker(EndpointPool first) : IEndpointPicker
{
    public EndpointPool First => first;

    /// <summary>
    /// The endpoint of the next picker. It changes when the choice fails or leaves, or was never connected to while another one is.
    /// </summary>
    /// <param name="pools">The endpoints to choose from; at least one.</param>
    /// <param name="before">The picker before; null: there was none.</param>
    public static EndpointPool Stay(ImmutableArray<EndpointPool> pools, PickFirstPicker? before)
    {
        EndpointPool? ready = pools.FirstOrDefault(pool => pool.Health.State is EndpointState.Ready);
        return before is not null && pools.Contains(before.First) && (ready is null || before.First.Health.State is EndpointState.Ready)
            ? before.First
            : ready ?? pools[0];
    }

    public EndpointPool Pick() => first;
}
