using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Endpoints of different weights laid out as one round of turns: each has as many as its weight is worth, evenly apart. Made once for a set, so that a pick costs no more than without weights.</summary>
internal static class WeightedTurns
{
    // Shares are right to a thousandth. What weighs next to nothing still has one turn (RFC 2782: "a very small chance of being selected").
    private const int LeastTurns = 1000;
    private const int LeastTurnsEach = 8;

    /// <summary>Whether one endpoint weighs more than another.</summary>
    public static bool Differ(ImmutableArray<EndpointPool> pools)
    {
        foreach (EndpointPool pool in pools)
        {
            if (pool.Weight != pools[0].Weight)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The turns of one round, each with the number of turns that its endpoint has in it.</summary>
    public static ImmutableArray<Turn> Of(ImmutableArray<EndpointPool> pools)
    {
        double[] weights = [.. pools.Select(pool => (double)pool.Weight)];
        double perTurn = weights.Sum() / Math.Max(LeastTurns, pools.Length * LeastTurnsEach);
        List<(double At, Turn Turn)> turns = [];
        for (int i = 0; i < pools.Length; i++)
        {
            int count = Math.Max(1, (int)Math.Round(weights[i] / perTurn));
            for (int turn = 0; turn < count; turn++)
            {
                turns.Add(((turn + 0.5) / count, new Turn(pools[i], count)));
            }
        }

        return [.. turns.OrderBy(turn => turn.At).Select(turn => turn.Turn)];
    }
}

/// <summary>One turn of a round.</summary>
/// <param name="Pool">Whose it is.</param>
/// <param name="Weight">How many of the round are.</param>
internal readonly record struct Turn(EndpointPool Pool, long Weight);
