using System.Globalization;
using DnsAwareHttp.OutcomesBenchmark.Policies;
using DnsAwareHttp.OutcomesBenchmark.Simulated;
using DnsAwareHttp.OutcomesBenchmark.Traces;

namespace DnsAwareHttp.OutcomesBenchmark;

/// <summary>What the library promises of its rule, checked over several seeds.</summary>
internal static class PromiseCheck
{
    /// <param name="seeds">Runs of each trace.</param>
    /// <param name="print">Prints a line.</param>
    /// <returns>Whether all held.</returns>
    public static bool Run(int seeds, Action<string> print)
    {
        bool all = true;
        foreach (Trace trace in TraceCatalogue.All.Append(TraceCatalogue.Day))
        {
            int runs = trace == TraceCatalogue.Day ? 1 : seeds;
            Score[] scores = [.. Enumerable.Range(1, runs).AsParallel().Select(seed =>
                Simulation.Run(trace, static (servers, random) => new LibraryRule(servers, random), seed))];
            bool held = scores.All(score => Holds(trace, score));
            all &= held;
            print(string.Create(
                CultureInfo.InvariantCulture,
                $"{(held ? "held" : "FAILED")}: {trace.Name}: hurt {scores.Max(static score => score.Hurt) * 100:0.00} %, share of the sick after 1 s "
                + $"{scores.Max(static score => score.SickShare) * 100:0.00} %, ejections {scores.Max(static score => score.Ejections)}, needless "
                + $"{scores.Max(static score => score.Needless)}, out at most {scores.Max(static score => score.MaxOut) * 100:0} %")
                + (trace.Recovery is null ? "" : AfterRecovery(scores)));
        }

        return all;
    }

    private static string AfterRecovery(Score[] scores) => string.Create(
        CultureInfo.InvariantCulture,
        $"; from 1 s after recovery: hurt {scores.Sum(static score => score.HurtAfterRecovery)} requests, out "
        + $"{scores.Max(static score => score.MaxOutAfterRecovery) * 100:0} %, least share "
        + $"{scores.Min(static score => score.LeastShareAfterRecovery) * 100:0} % of an even one");

    private static bool Holds(Trace trace, Score score)
    {
        bool half = score.MaxOut <= 0.5;
        bool isOneThatFailsOrIsSlow = trace.Rate >= 200 && trace.Clients == 1 && trace.Name.StartsWith("1 of", StringComparison.Ordinal)
            && (trace.Name.EndsWith("503", StringComparison.Ordinal) || trace.Name.EndsWith("2 s", StringComparison.Ordinal));
        return half
            && (!trace.AllAreAlike || score.Ejections == 0)
            && (trace.Recovery is null || score is { HurtAfterRecovery: 0, MaxOutAfterRecovery: 0, LeastShareAfterRecovery: >= 0.8 })
            && score.Needless == 0
            && (!isOneThatFailsOrIsSlow || score is { Hurt: <= 0.01, SickShare: <= 0.02 });
    }
}
