using System.Collections.Immutable;
using System.Globalization;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What all policies did on recorded answers, and how many members they had meanwhile.</summary>
internal static class ReplayReport
{
    private const int MaxRows = 25;

    public static IEnumerable<string> Lines(BenchmarkOptions options)
    {
        ImmutableArray<Step> steps = TraceFile.Read(options.Subject);
        ImmutableArray<Step> answers = [.. steps.Where(step => !step.IsLost)];
        Replay[] replays = [.. PolicyCatalogue.Chosen(options.Policies).Select(policy => Replay.Of(policy, answers, options.MaxMembers, options.Within))];
        return
        [
            "## Departures\n",
            $"Answers: {answers.Length}, and {steps.Length - answers.Length} lost. "
            + $"Addresses: {answers.SelectMany(step => step.Answer).Distinct().Count()}. Needless: back within {options.Within} answers.\n",
            MarkdownTable.Of(["policy", "departures", "needless", "back later", "not back", "members, mean", "members, peak"], [.. replays.Select(Row)]),
            "",
            "## Members over time\n",
            MarkdownTable.Of(["answer at", "addresses", .. replays.Select(replay => replay.Policy.Name)], [.. Moments(answers.Length).Select(Moment)]),
        ];

        IReadOnlyList<string> Moment(int i) =>
        [
            answers[i].At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Figure.Of(answers[i].Answer.Length),
            .. replays.Select(replay => Figure.Of(replay.MembersOverTime[i])),
        ];
    }

    private static IReadOnlyList<string> Row(Replay replay) =>
    [
        replay.Policy.Name, Figure.Of(replay.Departures), Figure.Of(replay.BackSoon), Figure.Of(replay.BackLater), Figure.Of(replay.NotBack),
        Figure.Of(replay.MembersOverTime.Average()), Figure.Of(replay.MembersOverTime.Max()),
    ];

    // Evenly spaced, the first and the last among them.
    private static IEnumerable<int> Moments(int answers)
    {
        int rows = Math.Min(answers, MaxRows);
        return Enumerable.Range(0, rows).Select(row => rows == 1 ? 0 : (int)((long)row * (answers - 1) / (rows - 1)));
    }
}
