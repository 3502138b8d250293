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
                scores[run.Trace][policy][run.Seed] = Run(policies[policy], maxMembers, steps, $"{traces[run.Trace].Name}, seed {run.Seed}");
            }
        });

        return [.. traces.Select((trace, row) => policies.Select((policy, column) => new Cell(trace, policy, [.. scores[row][column]])).ToImmutableArray())];
    }

    private static Score Run(NamedPolicy policy, int maxMembers, ImmutableArray<Step> steps, string where)
    {
        try
        {
            return Simulation.Run(policy.Make(maxMembers), steps);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{policy.Name} on {where}: {exception}", exception);
        }
    }
}
