using System.Net;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What a good policy promises, by the kind of the trace.</summary>
internal static class MembershipPromises
{
    private const double OnTime = 0.95;
    private const int LatestAnswers = 2;
    private const double NeedlessAfterLearning = 0.01;
    private const double NeedlessInAll = 0.03;
    private const double Improbable = 0.01;
    private const int CutoverSlack = 3;

    public static IEnumerable<Finding> Of(Trial trial) => trial.Trace.Kind switch
    {
        TraceKind.Stable => LeavesLikeStrict(trial),
        TraceKind.Rotating => KeepsLikeLogical(trial),
        TraceKind.Cutover => [.. KeepsLikeLogical(trial), LeavesAfterCutover(trial)],
        TraceKind.Flapping => [FollowsFlaps(trial)],
        TraceKind.Burst => LeavesAfterBurst(trial),
        _ => [],
    };

    private static Finding[] LeavesLikeStrict(Trial trial)
    {
        int[] lags = [.. LagsBehindStrict(trial)];
        double share = lags.Length == 0 ? 1 : (double)lags.Count(lag => lag <= 0) / lags.Length;
        int latest = lags.Append(0).Max();
        return
        [
            new(trial.Trace.Name, "removed addresses left in the same answer as by strict", $">= {OnTime:0 %}",
                $"{share:0.0 %} of {lags.Length}", share >= OnTime),
            new(trial.Trace.Name, "answers later than strict, at worst", $"<= {LatestAnswers}", $"{latest}", latest <= LatestAnswers),
        ];
    }

    /// <summary>For each address that strict left: how many answers later the policy left it.</summary>
    public static IEnumerable<int> LagsBehindStrict(Trial trial) =>
        trial.Policy.Scores.Zip(trial.Strict.Scores, Lags).SelectMany(lags => lags);

    /// <summary>The number of answers within which all old addresses must be left after a cutover.</summary>
    public static double PermittedAnswers(Trace trace) =>
        (trace.ReturnChance < 1 ? Math.Log(Improbable) / Math.Log(1 - trace.ReturnChance) : 0) + CutoverSlack;

    // One for each address that strict left. Whoever let it go before it was removed is not late: that is needless, and counted there.
    private static IEnumerable<int> Lags(Score policy, Score strict)
    {
        Dictionary<(int, IPAddress), Removal> own = policy.Removals.ToDictionary(removal => (removal.Step, removal.Address));
        return strict.Removals.Select(removal =>
            own.TryGetValue((removal.Step, removal.Address), out Removal? same) ? same.Answers - removal.Answers : 0);
    }

    // Where the set is larger than the maximum of members, members leave with each answer, whatever the policy. What logical lets go is
    // no fault of this policy.
    private static Finding[] KeepsLikeLogical(Trial trial)
    {
        int late = Math.Max(0, trial.Policy.NeedlessAfterLearning - trial.Logical.NeedlessAfterLearning);
        int all = Math.Max(0, trial.Policy.Needless - trial.Logical.Needless);
        return
        [
            Needless($"after {Score.LearningAnswers} answers", late, trial.Strict.NeedlessAfterLearning, NeedlessAfterLearning),
            Needless("learning included", all, trial.Strict.Needless, NeedlessInAll),
        ];

        Finding Needless(string when, int found, int strict, double share) => new(
            trial.Trace.Name,
            $"needless departures beyond logical's, {when}, of strict's",
            $"<= {share:0 %}",
            strict == 0 ? $"{found} of 0" : $"{(double)found / strict:0.00 %}",
            found <= share * strict);
    }

    private static Finding LeavesAfterCutover(Trial trial)
    {
        double allowed = PermittedAnswers(trial.Trace);
        double worst = trial.Policy.AnswersUntilLeft.Worst;
        return new(trial.Trace.Name, "answers until all old addresses are left, at worst", $"<= {Figure.Of(allowed)}", Figure.Of(worst),
            worst <= allowed);
    }

    private static Finding[] LeavesAfterBurst(Trial trial)
    {
        int permitted = trial.Trace.PermittedStay;
        double worst = trial.Policy.AnswersUntilLeft.Worst;
        int needless = trial.Policy.Needless;
        int ofStrict = trial.Strict.Needless;
        return
        [
            new(trial.Trace.Name, "answers until a removed address is left, at worst", $"<= {permitted}", Figure.Of(worst),
                worst <= permitted),
            new(trial.Trace.Name, "needless departures", $"<= {ofStrict}, as strict", $"{needless}", needless <= ofStrict),
        ];
    }

    private static Finding FollowsFlaps(Trial trial)
    {
        Score worst = trial.Policy.Scores.MaxBy(score => (double)score.Departures / Math.Max(1, score.Changes))!;
        return new(trial.Trace.Name, "departures, of real changes, in the worst seed", $"<= {worst.Changes}", $"{worst.Departures}",
            worst.Departures <= worst.Changes);
    }
}
