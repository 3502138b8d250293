using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The less busy of two endpoints: the next in turn, and another one drawn at random.</summary>
/// <remarks>Where endpoints differ, two draws would do as well. Where they do not, turns spread more evenly than chance.</remarks>
internal sealed class LeastRequestsPicker(ImmutableArray<EndpointPool> pools, Random random) : IEndpointPicker
{
    private uint _turn = (uint)random.Next();

    public EndpointPool Pick() => pools.Length == 1 ? pools[0] : LessBusyOfTwo();

    private EndpointPool LessBusyOfTwo()
    {
        int first = (int)(Interlocked.Increment(ref _turn) % (uint)pools.Length);
        int second = random.Next(pools.Length - 1);
        if (second >= first)
        {
            second++;
        }

        EndpointPool one = pools[first];
        EndpointPool other = pools[second];
        (EndpointPool less, EndpointPool more) = other.Load < one.Load ? (other, one) : (one, other);

        return GivingWay.Does(less, more, random) ? more : less;
    }
}
