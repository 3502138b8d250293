using System.Globalization;
using DnsAwareHttp.OutcomesBenchmark.Policies;
using DnsAwareHttp.OutcomesBenchmark.Simulated;
using DnsAwareHttp.OutcomesBenchmark.Traces;

namespace DnsAwareHttp.OutcomesBenchmark;

/// <summary>All rules over all traces, as a table.</summary>
internal static class Comparison
{
    /// <summary>Each cell: requests hurt since the onset, ejections, and how many of these were needless.</summary>
    public static IEnumerable<string> Lines(int seeds)
    {
        yield return $"| trace | {string.Join(" | ", PolicyCatalogue.All.Select(policy => policy.Name))} |";
        yield return $"|---|{string.Concat(PolicyCatalogue.All.Select(_ => "---|"))}";
        foreach (Trace trace in TraceCatalogue.All)
        {
            yield return $"| {trace.Name} | {string.Join(" | ", PolicyCatalogue.All.AsParallel().AsOrdered().Select(policy => Cell(trace, policy.Make, seeds)))} |";
        }
    }

    private static string Cell(Trace trace, Func<int, Random, IOutcomePolicy> make, int seeds)
    {
        Score[] scores = [.. Enumerable.Range(1, seeds).Select(seed => Simulation.Run(trace, make, seed))];
        double hurt = scores.Average(static score => score.Hurt);
        double ejections = scores.Average(static score => score.Ejections);
        double needless = scores.Average(static score => score.Needless);
        return string.Create(CultureInfo.InvariantCulture, $"{hurt * 100:0.00} %; {ejections:0.#}")
            + (needless > 0 ? string.Create(CultureInfo.InvariantCulture, $", **{needless:0.#} needless**") : "");
    }
}
