namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What one table is about.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Note">How to read its cells.</param>
/// <param name="Read">What a cell shows.</param>
internal sealed record Measure(string Title, string Note, Func<Cell, string> Read)
{
    public static readonly IReadOnlyList<Measure> All =
    [
        new(
            "Needless departures per 1,000 answers",
            "Members let go while they were in service. Mean over the seeds (worst seed).",
            cell => Figure.Of(cell.NeedlessPerThousand)),
        new(
            "Answers until a removed address is left",
            "1: the first answer after its removal was enough. Mean / worst; >: some were still members when they returned or the trace ended; "
            + "-: nobody was removed while a member.",
            UntilLeft),
        new(
            "Requests sent to removed addresses",
            "Of 100 with each answer, spread evenly over the members. Mean over the seeds (worst seed).",
            cell => Figure.Of(cell.RequestsToRemoved)),
        new("Pools held", "The peak. Mean over the seeds (worst seed).", cell => Figure.Of(cell.PeakPools)),
    ];

    private static string UntilLeft(Cell cell)
    {
        Spread answers = cell.AnswersUntilLeft;
        return answers.Count == 0 ? "-" : $"{(cell.NotLeft > 0 ? ">" : "")}{Figure.Of(answers.Mean)} / {Figure.Of(answers.Worst)}";
    }
}
