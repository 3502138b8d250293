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

        // A new endpoint gives most of its turns away for a while, unless the next one has no room.
        return next.Share < 1 && random.NextDouble() >= next.Share && Next() is { Room.IsFree: true } other ? other : next;
    }

    private EndpointPool Next() => pools[(int)(Interlocked.Increment(ref _turn) % (uint)pools.Length)];
}
