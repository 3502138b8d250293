using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class ReturnProbabilityTests
{
    private static readonly AdaptiveParameters Parameters = AdaptiveParameters.Default;

    [Fact]
    public void AddressesOfEqualReturns_ShareOneProbability()
    {
        // Each returned 3 times after 1 answer. Before that, half a return in one chance is assumed.
        AnswerHistory history = After(Parameters, [1], [2], [1], [2], [1], [2], [1], [2]);

        ReturnProbability returns = ReturnProbability.Of(Members(1, 2), history, Parameters);

        double expected = (0.5 + 6) / (1 + 6 + 1);
        returns.For(history.Of(Address(1))!.Value).Should().BeApproximately(expected, 1e-9);
        returns.For(history.Of(Address(2))!.Value).Should().BeApproximately(expected, 1e-9, "its last absence ended");
    }

    [Fact]
    public void AddressThatReturnsClearlyMoreRarely_HasItsOwn_AndSoHaveAddressesOfFewReturns()
    {
        // 1 is in each second answer and 9 in each eighth, which makes 16 returns of 16 chances and 4 of 28.
        int[][] answers = [.. Enumerable.Range(0, 33).Select(step => (int[])(step % 8 == 0 ? [1, 2, 9] : step % 2 == 0 ? [1, 2] : [2]))];
        AnswerHistory history = After(Parameters, answers);

        ReturnProbability returns = ReturnProbability.Of(Members(1, 9), history, Parameters);

        double own = 4.0 / 28;
        double deviation = Math.Sqrt(own * (1 - own) / 28);
        returns.For(history.Of(Address(9))!.Value).Should().BeApproximately(own - (Parameters.CautionDeviations * deviation), 1e-9);
        returns.For(history.Of(Address(1))!.Value).Should().BeApproximately(20.5 / 45, 1e-9);
        returns.For(history.Of(Address(2))!.Value).Should().BeApproximately(own, 1e-9, "the rarest known address stands for it");
    }

    [Fact]
    public void AbsenceUnderWay_CountsAsChancesNoLongerThanTheLongestThatEnded()
    {
        AnswerHistory history = After(Parameters, [1, 2], [2], [1, 2], [2], [2], [2], [2]);

        ReturnProbability returns = ReturnProbability.Of(Members(1, 2), history, Parameters);

        double probability = 1.5 / (1 + 1 + history.LongestExpected);
        returns.For(history.Of(Address(1))!.Value).Should().BeApproximately(probability, 1e-9);
    }

    [Fact]
    public void AbsencesSinceASuspectedReplacement_TeachNothing()
    {
        AnswerHistory history = After(Parameters, [1, 2], [2], [2], [2], [1, 2], [3, 4], [3, 4], [3, 4]);
        history.Replacement!.ChanceProbability.Should().BeLessThan(Parameters.SuspicionSignificance);

        ReturnProbability returns = ReturnProbability.Of(Members(1, 2), history, Parameters);

        // One return in three chances, and one more chance of each with the answer that began the replacement.
        returns.For(history.Of(Address(1))!.Value).Should().BeApproximately(1.5 / (1 + 3 + 2), 1e-9);
    }

    [Fact]
    public void CertainReturn_StaysBelowCertainty()
    {
        AdaptiveParameters sure = Parameters with { PriorReturns = 1, PriorChances = 1 };
        AnswerHistory history = After(sure, [1, 2]);

        ReturnProbability.Of(Members(1, 2), history, sure).For(history.Of(Address(1))!.Value).Should().Be(sure.MaxProbability);
    }

    [Fact]
    public void SignificanceLevel_GrowsWithTheLossesAndStaysInItsRange()
    {
        int[][] samples = [.. Enumerable.Range(0, 10).Select(step => (int[])[1 + (3 * step), 2 + (3 * step), 3 + (3 * step)])];

        LevelOf(Parameters, [1, 2], [1, 2]).Should().Be(Parameters.MinSignificance);
        LevelOf(Parameters, samples).Should().Be(Parameters.MaxSignificance);

        // 3 are lost with each answer. The one member was absent 9 times: half a return in 10 chances.
        AdaptiveParameters unbounded = Parameters with { MinSignificance = 0, MaxSignificance = 1 };
        LevelOf(unbounded, samples).Should().BeApproximately(Parameters.NeedlessShare * 3 / 0.05, 1e-9);
    }

    private static double LevelOf(AdaptiveParameters parameters, params int[][] answers) =>
        ReturnProbability.Of(Members(1), After(parameters, answers), parameters).SignificanceLevel;

    private static AnswerHistory After(AdaptiveParameters parameters, params int[][] answers) => answers.Aggregate(
        new AnswerHistory(parameters), static (history, answer) => history.With(Addresses(answer), [Address(1), Address(2)]));

    private static Members Members(params int[] numbers) =>
        new([.. numbers.Select(number => new Member(Address(number), Start, Start, 0, "present"))], []);
}
