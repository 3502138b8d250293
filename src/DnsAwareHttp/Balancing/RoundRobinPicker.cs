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
        uint turn = Interlocked.Increment(ref _turn);
        EndpointPool next = At(turn);
        if (next.Share == 1 || !GivingWay.Does(next, At(turn + 1), random))
        {
            return next;
        }

        // It takes this turn, and its own one is over.
        Interlocked.Increment(ref _turn);
        return At(turn + 1);
    }

    private EndpointPool At(uint turn) => pools[(int)(turn % (uint)pools.Length)];
}
