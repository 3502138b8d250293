using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>How a policy did on a trace, over all seeds.</summary>
/// <param name="Trace">The row.</param>
/// <param name="Policy">The column.</param>
/// <param name="Scores">One for each seed.</param>
internal sealed record Cell(Trace Trace, NamedPolicy Policy, ImmutableArray<Score> Scores)
{
    public Spread NeedlessPerThousand => Spread.Of(Scores.Select(score => score.NeedlessPerThousand));

    public Spread RequestsToRemoved => Spread.Of(Scores.Select(score => score.RequestsToRemoved));

    public Spread PeakPools => Spread.Of(Scores.Select(score => (double)score.PeakPools));

    /// <summary>All removals of all seeds.</summary>
    public IEnumerable<Removal> Removals => Scores.SelectMany(score => score.Removals);

    /// <summary>Answers until a removed address was left, at least: some may not have been left at all.</summary>
    public Spread AnswersUntilLeft => Spread.Of(Removals.Select(removal => (double)removal.Answers));

    public int NotLeft => Removals.Count(removal => !removal.WasLeft);

    public int Needless => Scores.Sum(score => score.Needless);

    public int NeedlessAfterLearning => Scores.Sum(score => score.NeedlessAfterLearning);
}
