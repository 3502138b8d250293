using System.Collections.Immutable;
using System.Globalization;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>One table with a row for each value of each constant.</summary>
internal static class SensitivityReport
{
    private static readonly string[] Head =
        ["constant", "value", "promises", "needless", "worst", "later", "worst", "cutover", "worst", "replaced", "late"];

    public static IEnumerable<string> Lines(BenchmarkOptions options)
    {
        SensitivityStudy study = new(options);
        Outcome usual = study.With(AdaptiveParameters.Default);
        List<IReadOnlyList<string>> rows = [];
        foreach (Variation variation in Variation.All)
        {
            double used = variation.Read(AdaptiveParameters.Default);
            foreach (double value in variation.Values)
            {
                bool isUsed = value.Equals(used);
                Outcome outcome = isUsed ? usual : study.With(variation.Set(AdaptiveParameters.Default, value));
                rows.Add(Row(variation.Name, isUsed ? $"**{Plain(value)}**" : Plain(value), outcome));
            }
        }

        return [MarkdownTable.Of(Head, rows)];
    }

    private static ImmutableArray<string> Row(string name, string value, Outcome outcome) =>
    [
        $"`{name}`", value, $"{outcome.Kept} of {outcome.Promises}", .. Both(outcome.NeedlessInAll), .. Both(outcome.NeedlessLater),
        .. Both(outcome.CutoverLag), Percent(outcome.SlowLag.Mean), Percent(outcome.LateRemovals),
    ];

    private static string[] Both(Spread spread) => [Percent(spread.Mean), Percent(spread.Worst)];

    private static string Plain(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Percent(double share) => $"{Figure.Of(100 * share)} %";
}
