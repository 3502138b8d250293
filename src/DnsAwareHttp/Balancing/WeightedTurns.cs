using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>
/// Endpoints of different weights as one round of turns: the number of turns follows the weight, and they are evenly apart.
/// </summary>
/// <remarks>The round is made once for each set. So a pick with weights costs the same as a pick without.</remarks>
internal static class WeightedTurns
{
    // Shares are exact to a thousandth. An endpoint of weight 0 still has one turn (RFC 2782: "a very small chance of being selected").
    private const int MinTurns = 1000;
    private const int MinTurnsEach = 8;

    /// <summary>Whether one endpoint weighs more than another.</summary>
    public static bool Differ(ImmutableArray<EndpointPlacement> endpoints)
    {
        foreach (EndpointPlacement endpoint in endpoints)
        {
            if (endpoint.Weight != endpoints[0].Weight)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The turns of one round, each with the number of turns that its endpoint has in it.</summary>
    public static ImmutableArray<Turn> Of(ImmutableArray<EndpointPlacement> endpoints)
    {
        double[] weights = [.. endpoints.Select(endpoint => (double)endpoint.Weight)];
        double perTurn = weights.Sum() / Math.Max(MinTurns, endpoints.Length * MinTurnsEach);
        List<(double At, Turn Turn)> turns = [];
        for (int i = 0; i < endpoints.Length; i++)
        {
            int count = Math.Max(1, (int)Math.Round(weights[i] / perTurn));
            for (int turn = 0; turn < count; turn++)
            {
                turns.Add(((turn + 0.5) / count, new Turn(endpoints[i].Pool, count)));
            }
        }

        return [.. turns.OrderBy(turn => turn.At).Select(turn => turn.Turn)];
    }
}

/// <summary>One turn of a round.</summary>
/// <param name="Pool">The endpoint.</param>
/// <param name="Weight">The number of its turns in the round.</param>
internal readonly record struct Turn(EndpointPool Pool, long Weight);
