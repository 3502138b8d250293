using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The cheaper of two endpoints: the next in turn, and another one drawn at random. A cost is latency × requests under way.</summary>
/// <remarks>Latencies count only where they differ beyond doubt. Where they do not, the less busy one is picked.</remarks>
internal sealed class PeakEwmaPicker : IEndpointPicker
{
    /// <summary>Of so many turns that a slow endpoint would lose it has one: otherwise it would never show that it is well again.</summary>
    private const int TurnsBetweenTries = 128;

    private readonly ImmutableArray<Turn> _turns;
    private readonly Random _random;
    private readonly float _meanWeight;
    private uint _turn;

    /// <param name="turns">One round.</param>
    /// <param name="random">The source of random numbers.</param>
    public PeakEwmaPicker(ImmutableArray<Turn> turns, Random random)
    {
        _turns = turns;
        _random = random;
        _meanWeight = turns.DistinctBy(static turn => turn.Pool).Average(static turn => (float)turn.Weight);
        _turn = (uint)random.Next();
    }

    public EndpointPool Pick() => _turns.Length == 1 ? _turns[0].Pool : CheaperOfTwo();

    private EndpointPool CheaperOfTwo()
    {
        int first = (int)(Interlocked.Increment(ref _turn) % (uint)_turns.Length);
        int draw = _random.Next((_turns.Length - 1) * TurnsBetweenTries);
        int second = draw / TurnsBetweenTries;
        if (second >= first)
        {
            second++;
        }

        Turn one = _turns[first];
        Turn other = _turns[second];
        bool isTry = draw % TurnsBetweenTries == 0 && one.Pool.Load <= other.Pool.Load;
        (EndpointPool less, EndpointPool more) = !isTry && IsCheaper(other, one) ? (other.Pool, one.Pool) : (one.Pool, other.Pool);
        return GivingWay.Does(less, more, _random) ? more : less;
    }

    private bool IsCheaper(Turn other, Turn one)
    {
        (PoolCost cost, PoolCost otherCost) = (one.Pool.Cost, other.Pool.Cost);
        if (!cost.IsAbove(otherCost) && !otherCost.IsAbove(cost))
        {
            return (other.Pool.Load + 1) * one.Weight <= one.Pool.Load * other.Weight;
        }

        // Weights are numbers of servers: the request meets one of them, and its part of the load.
        return (other.Pool.Load + (other.Weight / _meanWeight)) * one.Weight * otherCost.Expected
            < (one.Pool.Load + (one.Weight / _meanWeight)) * other.Weight * cost.Expected;
    }
}
