using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>The cheaper of two endpoints: the next in turn, and one drawn at random. A cost is latency × requests under way.</summary>
/// <remarks>
/// Latencies count only where they differ beyond doubt. Where they do not, the less busy endpoint is picked. Two choices are not enough
/// where several endpoints are slow: if the cheaper one is dearer than the latest choice, that one is compared, too.
/// </remarks>
internal sealed class PeakEwmaPicker : IEndpointPicker
{
    /// <summary>Of so many turns that a slow endpoint would lose it has one: otherwise it could not show that it is well again.</summary>
    private const int TurnsBetweenTries = 128;

    private readonly Candidate[] _turns;
    private readonly Random _random;
    private readonly float _meanWeight;
    private uint _turn;

    // The latest choice. The two may be of different picks: then a comparison is made in vain, or is not made.
    private int _latest;
    private float _latestCost = float.PositiveInfinity;

    /// <param name="turns">One round.</param>
    /// <param name="random">The source of random numbers.</param>
    public PeakEwmaPicker(ImmutableArray<Turn> turns, Random random)
    {
        _turns = [.. turns.Select(static turn => new Candidate(turn.Pool, turn.Weight))];
        _random = random;
        _meanWeight = turns.DistinctBy(static turn => turn.Pool).Average(static turn => (float)turn.Weight);
        _turn = (uint)random.Next();
    }

    public EndpointPool Pick() => _turns.Length == 1 ? _turns[0].Pool : CheaperOfTwo();

    private EndpointPool CheaperOfTwo()
    {
        Candidate[] turns = _turns;
        int first = (int)(Interlocked.Increment(ref _turn) % (uint)turns.Length);
        uint draw = (uint)_random.Next((turns.Length - 1) * TurnsBetweenTries);
        int second = (int)(draw / TurnsBetweenTries);
        if (second >= first)
        {
            second++;
        }

        ref readonly Candidate one = ref turns[first];
        ref readonly Candidate other = ref turns[second];
        if (draw % TurnsBetweenTries == 0 && one.Pool.Load <= other.Pool.Load)
        {
            return one.Pool;
        }

        (PoolCost cost, PoolCost otherCost) = (one.Cost, other.Cost);
        bool isOther = IsCheaper(other, otherCost, one, cost);
        (int less, PoolCost lessCost, EndpointPool more) = isOther ? (second, otherCost, one.Pool) : (first, cost, other.Pool);
        if (lessCost.Least > _latestCost && IsCheaper(turns[_latest], turns[_latest].Cost, turns[less], lessCost))
        {
            (less, lessCost, more) = (_latest, turns[_latest].Cost, turns[less].Pool);
        }

        (_latest, _latestCost) = (less, lessCost.Most);
        return GivingWay.Does(turns[less].Pool, more, _random) ? more : turns[less].Pool;
    }

    private bool IsCheaper(in Candidate other, PoolCost otherCost, in Candidate one, PoolCost cost)
    {
        if (!cost.IsAbove(otherCost) && !otherCost.IsAbove(cost))
        {
            // As with least requests: see WeightedLeastRequestsPicker.
            return (other.Pool.Load + 1) * one.Weight <= one.Pool.Load * other.Weight;
        }

        // A weight is a number of servers: the request meets one of them, and that one's part of the load.
        return ((other.Pool.Load * _meanWeight) + other.Weight) * one.Weight * otherCost.Expected
            < ((one.Pool.Load * _meanWeight) + one.Weight) * other.Weight * cost.Expected;
    }

    /// <summary>One turn of a round.</summary>
    private readonly struct Candidate(EndpointPool pool, long weight)
    {
        private readonly PoolTiming? _timing = pool.Outcomes.Timing;

        public EndpointPool Pool => pool;

        public long Weight => weight;

        public PoolCost Cost => _timing is null ? default : _timing.Cost;
    }
}
