using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>How <c>Adaptive</c> did over all traces with one set of parameters.</summary>
/// <param name="Kept">Promises that hold.</param>
/// <param name="Promises">All promises.</param>
/// <param name="NeedlessInAll">Needless departures, as a share of those of <c>Strict</c>. One figure for each trace that rotates.</param>
/// <param name="NeedlessLater">The same after the answers that are for learning.</param>
/// <param name="CutoverLag">Answers until an old address was left after a cutover, as a share of the permitted number, by trace.</param>
/// <param name="SlowLag">The same for single addresses that were replaced.</param>
/// <param name="LateRemovals">The share of removals from stable sets that <c>Strict</c> noticed with an earlier answer.</param>
internal sealed record Outcome(
    int Kept, int Promises, Spread NeedlessInAll, Spread NeedlessLater, Spread CutoverLag, Spread SlowLag, double LateRemovals)
{
    public static Outcome Of(IReadOnlyList<Trial> trials)
    {
        Finding[] findings = [.. trials.SelectMany(MembershipPromises.Of)];
        Trial[] rotating = [.. trials.Where(trial => trial.Trace.Kind is TraceKind.Rotating or TraceKind.Cutover)];
        Trial[] cutover = [.. trials.Where(trial => trial.Trace.Kind is TraceKind.Cutover)];
        Trial[] slow = [.. rotating.Where(trial => trial.Trace.Kind is TraceKind.Rotating && trial.Policy.Removals.Any())];
        Trial[] stable = [.. trials.Where(trial => trial.Trace.Kind is TraceKind.Stable && trial.Strict.Removals.Any())];
        return new Outcome(
            findings.Count(finding => finding.Held),
            findings.Length,
            Spread.Of(rotating.Select(trial => Share(trial, cell => cell.Needless))),
            Spread.Of(rotating.Select(trial => Share(trial, cell => cell.NeedlessAfterLearning))),
            Spread.Of(cutover.Select(Lag)),
            Spread.Of(slow.Select(Lag)),
            stable.Length == 0 ? 0 : stable.Average(trial => LateShare(trial)));
    }

    private static double Share(Trial trial, Func<Cell, int> count) =>
        (double)Math.Max(0, count(trial.Policy) - count(trial.Logical)) / Math.Max(1, count(trial.Strict));

    private static double Lag(Trial trial) => trial.Policy.AnswersUntilLeft.Mean / MembershipPromises.PermittedAnswers(trial.Trace);

    private static double LateShare(Trial trial)
    {
        ImmutableArray<int> lags = [.. MembershipPromises.LagsBehindStrict(trial)];
        return lags.IsEmpty ? 0 : lags.Count(lag => lag > 0) / (double)lags.Length;
    }
}
