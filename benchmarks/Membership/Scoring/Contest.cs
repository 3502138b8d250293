using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>All policies on all traces, each random trace over many seeds.</summary>
internal static class Contest
{
    /// <returns>For each trace its cells, in the order of the policies.</returns>
    public static ImmutableArray<ImmutableArray<Cell>> Run(IReadOnlyList<Trace> traces, IReadOnlyList<NamedPolicy> policies, int seeds, int maxMembers)
    {
        Score[][][] scores = [.. traces.Select(trace => policies.Select(_ => new Score[trace.IsRandom ? seeds : 1]).ToArray())];
        (int Trace, int Seed)[] runs = [.. traces.Index().SelectMany(trace => Enumerable.Range(0, trace.Item.IsRandom ? seeds : 1).Select(seed => (trace.Index, seed)))];

        // Each run writes to places of its own: the result does not depend on who is first.
        _ = Parallel.ForEach(runs, run =>
        {
            ImmutableArray<Step> steps = traces[run.Trace].Make(new Random(run.Seed));
            for (int policy = 0; policy < policies.Count; policy++)
            {
                scores[run.Trace][policy][run.Seed] = Simulation.Run(policies[policy].Make(maxMembers), steps);
            }
        });

        return [.. traces.Select((trace, row) => policies.Select((policy, column) => new Cell(trace, policy, [.. scores[row][column]])).ToImmutableArray())];
    }
}
