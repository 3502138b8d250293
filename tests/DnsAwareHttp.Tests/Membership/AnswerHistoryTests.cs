using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class AnswerHistoryTests
{
    private static readonly AdaptiveParameters Parameters = AdaptiveParameters.Default;

    [Fact]
    public void SameAnswers_AreTheWholeSet()
    {
        AnswerHistory history = After([1, 2], [1, 2], [2, 1], [1, 2]);

        history.Rotates.Should().BeFalse();
        (history.Count, history.LostPerAnswer, history.LongestAbsence, history.Patience).Should().Be((4, 0, 0, 1));
        history.Addresses.Should().Equal(new AddressHistory(Address(1), 1, 4, 4, 0, 0), new AddressHistory(Address(2), 1, 4, 4, 0, 0));
    }

    [Fact]
    public void FirstAnswer_IsNoDifference()
    {
        AnswerHistory history = After([1, 2]);

        (history.Count, history.LostPerAnswer).Should().Be((1, 0));
        history.Replacement.Should().BeNull();
        history.Of(Address(1)).Should().Be(AddressHistory.New(Address(1), 1));
        history.Of(Address(3)).Should().BeNull();
    }

    [Fact]
    public void LostAddressesThatReturnSoon_AreSamples()
    {
        After([1, 2], [3, 4]).Rotates.Should().BeFalse("none returned yet");

        AnswerHistory history = After([1, 2], [3, 4], [1, 2], [3, 4]);

        history.Rotates.Should().BeTrue();
        history.LostPerAnswer.Should().Be(2);
        history.LongestAbsence.Should().Be(1, "of answers that lacked an address");
        history.LongestExpected.Should().Be(1);
        history.Patience.Should().Be((Parameters.PatienceFactor * 1) + 1);
    }

    [Fact]
    public void ChainOfNewAddresses_IsNoRotation() => After([1], [2], [3], [4], [5]).Rotates.Should().BeFalse("a set of one is replaced as a whole");

    [Fact]
    public void WhollyNewAnswersOfSeveral_AreSamplesOfAVeryLargeSet()
    {
        After([1, 2, 3], [4, 5, 6], [7, 8, 9]).Rotates.Should().BeFalse("two may be chance");

        AnswerHistory history = After([1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]);

        history.Rotates.Should().BeTrue();
        history.LongestAbsence.Should().Be(0, "none ended");
        history.LongestExpected.Should().Be(Parameters.Window);
    }

    [Fact]
    public void SetThatGrowsAndShrinksSeldom_IsNoRotation()
    {
        int[][] phases = [.. Enumerable.Range(0, 60).Select(step => (int[])(step / 10 % 2 == 0 ? [1, 2] : [1]))];

        AnswerHistory history = After(phases);

        history.LongestAbsence.Should().BeInRange(9, 10);
        history.Rotates.Should().BeFalse("its absences are rare and long");
    }

    [Fact]
    public void LongestAbsence_Fades()
    {
        AnswerHistory history = After([1, 2], [2], [2], [2], [1, 2]);
        history.LongestAbsence.Should().Be(3);

        With(history, 1, 2).LongestAbsence.Should().BeApproximately(3 * Math.Pow(0.5, 1.0 / Parameters.PatienceHalfLife), 1e-9);
    }

    [Fact]
    public void AnswersWithoutAnyKnownAddress_AreOneRun_UntilAKnownOneIsBack()
    {
        AnswerHistory history = After([1, 2], [1, 2], [3, 4], [4, 5]);
        history.Replacement.Should().BeEquivalentTo(new { Start = 3, Newcomers = 3 });
        history.Replacement!.ChanceProbability.Should().BeLessThan(1);

        With(history, 1, 5).Replacement.Should().BeNull();
    }

    [Fact]
    public void OtherAddresses_AreForgottenOldestFirst_AndMembersNever()
    {
        AnswerHistory history = After([.. Enumerable.Range(1, AnswerHistory.MaxOthers + 6).Select(number => (int[])[number])]);

        history.Of(Address(2)).Should().NotBeNull("it is a member");
        history.Of(Address(6)).Should().BeNull();
        history.Of(Address(7)).Should().NotBeNull();
        history.Addresses.Count.Should().Be(AnswerHistory.MaxOthers + 2);
    }

    [Fact]
    public void Window_ForgetsOldDifferences()
    {
        int[][] answers = [[1, 2], [1], .. Enumerable.Repeat<int[]>([1], Parameters.Window - 1)];
        After(answers).LostPerAnswer.Should().BeApproximately(1.0 / Parameters.Window, 1e-9);

        After([.. answers, [1]]).LostPerAnswer.Should().Be(0);
    }

    private static AnswerHistory After(params int[][] answers) => answers.Aggregate(new AnswerHistory(Parameters), With);

    /// <summary>The members are 1 and 2, whatever the answer.</summary>
    private static AnswerHistory With(AnswerHistory history, params int[] answer) => history.With(Addresses(answer), [Address(1), Address(2)]);
}
