using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>The contest that the command line asks for, and its report.</summary>
internal static class Comparison
{
    public static IEnumerable<string> Lines(BenchmarkOptions options)
    {
        ImmutableArray<ImmutableArray<Cell>> rows = Contest.Run(
            TraceCatalogue.Matching(options.Only), PolicyCatalogue.Chosen(options.Policies), options.Seeds, options.MaxMembers);
        return options.Csv ? ContestReport.Csv(rows) : ContestReport.Markdown(rows);
    }
}
