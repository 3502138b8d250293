using System.Collections.Immutable;
using System.Globalization;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>The result of a contest: one table for each measure, or lines for other programs.</summary>
internal static class ContestReport
{
    public static IEnumerable<string> Markdown(ImmutableArray<ImmutableArray<Cell>> rows)
    {
        string[] head = ["trace", .. rows[0].Select(cell => cell.Policy.Name)];
        foreach (Measure measure in Measure.All)
        {
            yield return $"## {measure.Title}\n";
            yield return $"{measure.Note}\n";
            yield return MarkdownTable.Of(head, [.. rows.Select(row => (IReadOnlyList<string>)[row[0].Trace.Name, .. row.Select(measure.Read)])]);
            yield return "";
        }
    }

    public static IEnumerable<string> Csv(ImmutableArray<ImmutableArray<Cell>> rows) =>
        rows.SelectMany(row => row).Select(CsvLine).Prepend(
            "trace,kind,policy,seeds,needless_per_1000_mean,needless_per_1000_worst,removals,not_left,answers_until_left_mean,answers_until_left_worst,"
            + "requests_to_removed_mean,requests_to_removed_worst,peak_pools_mean,peak_pools_worst");

    private static string CsvLine(Cell cell)
    {
        Spread left = cell.AnswersUntilLeft;
        return string.Join(
            ',',
            [
                cell.Trace.Name, cell.Trace.Kind.ToString(), cell.Policy.Name, Plain(cell.Scores.Length), .. Both(cell.NeedlessPerThousand),
                Plain(left.Count), Plain(cell.NotLeft), .. left.Count == 0 ? ["", ""] : Both(left), .. Both(cell.RequestsToRemoved), .. Both(cell.PeakPools),
            ]);
    }

    private static string[] Both(Spread spread) => [Plain(spread.Mean), Plain(spread.Worst)];

    private static string Plain(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
