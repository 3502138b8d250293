using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The less busy of two endpoints in relation to their weights: the next in turn, and another turn drawn at random.</summary>
/// <param name="turns">One round.</param>
/// <param name="random">The source of random numbers.</param>
internal sealed class WeightedLeastRequestsPicker(ImmutableArray<Turn> turns, Random random) : IEndpointPicker
{
    private uint _turn = (uint)random.Next();

    public EndpointPool Pick()
    {
        Turn one = turns[(int)(Interlocked.Increment(ref _turn) % (uint)turns.Length)];
        Turn other = turns[random.Next(turns.Length)];

        // The drawn endpoint takes the request if its load with the request is not above the other's load without it. A comparison of the
        // present loads alone would give a light endpoint, idle most of the time, far more than its share under low load. With equal
        // weights both rules are the same.
        bool otherIsLessBusy = (other.Pool.Load + 1) * one.Weight <= one.Pool.Load * other.Weight;
        (EndpointPool less, EndpointPool more) = otherIsLessBusy ? (other.Pool, one.Pool) : (one.Pool, other.Pool);
        return GivingWay.Does(less, more, random) ? more : less;
    }
}
