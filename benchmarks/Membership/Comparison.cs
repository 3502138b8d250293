using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>The contest that the command line asks for, and its report.</summary>
internal static class Comparison
{
    public static IEnumerable<string> Lines(BenchmarkOptions options)
    {
        IReadOnlyList<NamedPolicy> policies = options.Policies.IsEmpty ? PolicyCatalogue.All : [.. options.Policies.Distinct().Select(PolicyCatalogue.Named)];
        ImmutableArray<ImmutableArray<Cell>> rows = Contest.Run(TraceCatalogue.Matching(options.Only), policies, options.Seeds, options.MaxMembers);
        return options.Csv ? ContestReport.Csv(rows) : ContestReport.Markdown(rows);
    }
}
