using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The less busy of two endpoints for what each of them weighs: the next in turn, and another turn drawn at random.</summary>
/// <param name="turns">One round.</param>
/// <param name="random">Where draws come from.</param>
internal sealed class WeightedLeastRequestsPicker(ImmutableArray<Turn> turns, Random random) : IEndpointPicker
{
    private uint _turn = (uint)random.Next();

    public EndpointPool Pick()
    {
        Turn one = turns[(int)(Interlocked.Increment(ref _turn) % (uint)turns.Length)];
        Turn other = turns[random.Next(turns.Length)];

        // The drawn one takes the request if it is no busier with it than the other is without. Were it enough that it is less busy now, a light endpoint,
        // which is idle most of the time, would get far more than its share while there is little to do. Where all weigh the same, both are the same.
        bool otherIsLessBusy = (other.Pool.Load + 1) * one.Weight <= one.Pool.Load * other.Weight;
        (EndpointPool less, EndpointPool more) = otherIsLessBusy ? (other.Pool, one.Pool) : (one.Pool, other.Pool);

        // One that is new takes only a share of what falls to it for a while.
        return less.Share < 1 && random.NextDouble() >= less.Share ? more : less;
    }
}
