using System.Globalization;
using DnsAwareHttp.OutcomesBenchmark.Latencies.Rules;

namespace DnsAwareHttp.OutcomesBenchmark.Latencies;

/// <summary>All rules over all traces of latencies, as a table.</summary>
internal static class LatencyComparison
{
    public static IReadOnlyList<(string Name, Func<LatencyTrace, Random, ServerLoads, ILatencyRule> Make)> Rules { get; } =
    [
        ("oracle", static (trace, _, loads) => new Oracle(trace, loads)),
        ("PeakEwma", static (trace, random, _) => new LibraryPicker(trace.Servers, LoadBalancingPolicy.PeakEwma, random)),
        ("LeastRequests", static (trace, random, _) => new LibraryPicker(trace.Servers, LoadBalancingPolicy.LeastRequests, random)),
        ("round robin (Envoy, gRPC)", static (trace, random, _) => new RoundRobinRule(trace.Servers, random)),
        ("least request (Envoy, gRPC)", static (trace, random, _) => new LeastRequestRule(trace.Servers, random)),
        ("peak EWMA (linkerd)", static (trace, random, _) => new LinkerdPeakEwma(trace.Servers, random)),
    ];

    /// <summary>Each cell: the median, the 99th percentile and the mean in milliseconds, and the share of the sick servers.</summary>
    public static IEnumerable<string> Lines(int seeds, string? only)
    {
        yield return $"| trace | {string.Join(" | ", Rules.Select(static rule => rule.Name))} |";
        yield return $"|---|{string.Concat(Rules.Select(static _ => "---|"))}";
        foreach (LatencyTrace trace in LatencyTraces.All.Where(trace => only is null || trace.Name.Contains(only, StringComparison.Ordinal)))
        {
            yield return $"| {trace.Name} | {string.Join(" | ", Rules.AsParallel().AsOrdered().Select(rule => Cell(trace, rule.Make, seeds)))} |";
        }
    }

    private static string Cell(LatencyTrace trace, Func<LatencyTrace, Random, ServerLoads, ILatencyRule> make, int seeds)
    {
        LatencyScore[] scores = [.. Enumerable.Range(1, seeds).Select(seed => LatencySimulation.Run(trace, make, seed))];
        double Of(Func<LatencyScore, double> value) => scores.Average(value);
        string cell = string.Create(
            CultureInfo.InvariantCulture, $"{Of(static score => score.At(0.99)) * 1000:0}; {Of(static score => score.Mean) * 1000:0}");
        cell += trace.Sick < trace.Servers ? string.Create(CultureInfo.InvariantCulture, $"; {Of(static score => score.SickShare) * 100:0.0} %") : "";
        double hurt = Of(static score => score.HurtPart);
        return hurt > 0 ? cell + string.Create(CultureInfo.InvariantCulture, $"; {hurt * 100:0.00} % failed") : cell;
    }
}
