using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Each endpoint in turn, from a random start: processes that start together do not all begin with the same one.</summary>
internal sealed class RoundRobinPicker(ImmutableArray<EndpointPool> pools, Random random) : IEndpointPicker
{
    private uint _turn = (uint)random.Next();

    public EndpointPool Pick() => pools.Length == 1 ? pools[0] : NextWithItsShare();

    private EndpointPool NextWithItsShare()
    {
        EndpointPool next = Next();
        return GivingWay.IsTime(next, random) && Next() is EndpointPool other && GivingWay.HasPlace(other, insteadOf: next) ? other : next;
    }

    private EndpointPool Next() => pools[(int)(Interlocked.Increment(ref _turn) % (uint)pools.Length)];
}
