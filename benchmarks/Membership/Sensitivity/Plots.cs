using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>The pictures of <c>docs/adaptive-membership.md</c>.</summary>
internal static class Plots
{
    public static IEnumerable<string> Lines(BenchmarkOptions options) => options.Subject switch
    {
        "tolerance" => SvgPicture.Of(Tolerance()),
        "significance" => SvgPicture.Of([.. Significance(new SensitivityStudy(options))]),
        _ => throw new WrongUseException($"'{options.Subject}' is no picture: tolerance and significance are."),
    };

    private static Chart Tolerance()
    {
        AdaptiveParameters used = AdaptiveParameters.Default;
        return new Chart(
            "How long an absent address stays",
            new Axis("mean answers until an absent address returns, 1 / p", [1, 2, 4, 6, 8, 10, 12.5]),
            new Axis("answers", [0, 10, 20, 30, 40, 50, 60, 70]),
            [
                Tolerated(used.MinSignificance, 1),
                Tolerated(used.MaxSignificance, 1),
                Tolerated(used.JointSignificance, 0) with { Name = "the set was replaced" },
            ]);
    }

    private static Curve Tolerated(double significance, int slack) => new(
        $"significance {significance}",
        [.. Enumerable.Range(0, 116).Select(i => 1.001 + (i * 0.1)).Where(gap => gap <= 12.5)
            .Select(gap => (gap, slack + (Math.Log(significance) / Math.Log(1 - (1 / gap)))))]);

    // The three constants of the significance level are scaled together: alone, each is soon limited by the others.
    private static IEnumerable<Chart> Significance(SensitivityStudy study)
    {
        AdaptiveParameters used = AdaptiveParameters.Default;
        (double Share, Outcome Outcome)[] outcomes =
        [
            .. new double[] { 0.125, 0.25, 0.5, 0.707, 1, 1.414, 2, 4, 8 }.Select(factor => (factor * used.NeedlessShare, Scaled(factor))),
        ];
        Axis shares = new(
            "NeedlessShare, with MinSignificance and MaxSignificance in proportion",
            [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.06],
            IsLogarithmic: true);
        yield return new Chart(
            "Needless departures: fewer with more patience (left)", shares, new Axis("of those of Strict, %", [0, 1, 2, 3, 4, 5, 6]),
            [
                Curve("worst trace", outcome => 100 * outcome.NeedlessLater.Worst, outcomes),
                Curve("mean of the traces", outcome => 100 * outcome.NeedlessLater.Mean, outcomes),
            ])
        {
            XMark = new Mark(used.NeedlessShare, $"{used.NeedlessShare}"),
            YMark = new Mark(1, "promised: 1 %"),
        };
        yield return new Chart(
            "Answers until an old address is left: more with more patience (left)",
            shares,
            new Axis("of the permitted answers, %", [0, 20, 40, 60, 80, 100, 120]),
            [
                Curve("single address, mean", outcome => 100 * outcome.SlowLag.Mean, outcomes),
                Curve("whole set, mean", outcome => 100 * outcome.CutoverLag.Mean, outcomes),
            ])
        {
            XMark = new Mark(used.NeedlessShare, $"{used.NeedlessShare}"),
            YMark = new Mark(100, "permitted for a set"),
        };

        Outcome Scaled(double factor) => study.With(used with
        {
            NeedlessShare = factor * used.NeedlessShare,
            MinSignificance = factor * used.MinSignificance,
            MaxSignificance = factor * used.MaxSignificance,
        });
    }

    private static Curve Curve(string name, Func<Outcome, double> read, IEnumerable<(double Share, Outcome Outcome)> outcomes) =>
        new(name, [.. outcomes.Select(outcome => (outcome.Share, read(outcome.Outcome)))]);
}
