using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class AdaptiveMembershipTests
{
    private const int Max = 64;
    private static readonly TimeSpan MaxStale = TimeSpan.FromDays(1);
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    private readonly AdaptiveMembership _policy = new(Max, subsetSeed: 1, MaxStale);
    private Members _members = Members.None;
    private DateTimeOffset _now = Start;
    private int _departures;

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void OneAddressFlips_TheOldOneLeavesWithTheSameAnswer(int answersBefore)
    {
        Repeat(answersBefore, () => Say(1));

        Say(2);

        Names(_members).Should().Equal("10.0.0.2");
        _members.Departed.Should().Equal(
            new MemberDeparture(Address(1), DepartureReason.LeftDns, "absent from 1 answer, the set is stable"));
    }

    [Fact]
    public void RollingReplacement_EachLeavesWithTheFirstAnswerThatLacksIt()
    {
        Repeat(20, () => Say([.. Enumerable.Range(0, 10)]));
        for (int replaced = 1; replaced <= 10; replaced++)
        {
            Say([.. Enumerable.Range(replaced, 10)]);
            Gone(_members).Should().Equal(Address(replaced - 1).ToString());
        }
    }

    [Fact]
    public void GrowsAndShrinksByTheSameAddresses_TheyLeaveAtOnceEachTime()
    {
        for (int round = 0; round < 10; round++)
        {
            Repeat(15, () => Say(1, 2, 3, 4, 5, 6, 7, 8));
            Say(1, 2, 3, 4);
            _members.All.Should().HaveCount(4, $"round {round}");
            Repeat(15, () => Say(1, 2, 3, 4));
        }
    }

    [Fact]
    public void WholeSetsFollowOneAnother_EachLeavesWithTheFirstAnswerOfTheNext()
    {
        for (int set = 0; set < 50; set++)
        {
            Repeat(2, () => Say(2 * set, (2 * set) + 1));
            Names(_members).Should().HaveCount(2, $"set {set}");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(6, 1)]
    public void ChainOfNewAddresses_NoneReturned_EachLeavesWithTheFirstAnswerThatLacksIt(int size, int answersEach)
    {
        for (int replaced = 0; replaced < 200; replaced++)
        {
            Repeat(answersEach, () => Say([.. Enumerable.Range(replaced, size)]));
            _members.All.Should().HaveCount(size, $"{replaced} were replaced");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void FailoverThatFlapsFourTimesAndStays_TheOldOneLeavesWithinAMultipleOfTheFlaps(int answersEach)
    {
        Repeat(100, () => Say(1));
        for (int flap = 0; flap < 4; flap++)
        {
            Repeat(answersEach, () => Say(2));
            Repeat(answersEach, () => Say(1));
        }

        Repeat((4 * answersEach) + 1, () => Say(2));

        Names(_members).Should().Equal("10.0.0.2");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OneOfTwoResolversLags_AReplacedAddressLeavesSoon(int seed)
    {
        const int Lag = 5;
        Random random = new(seed);
        for (int answer = 0; answer < 1_200; answer++)
        {
            int from = (random.Next(2) == 0 ? answer : Math.Max(0, answer - Lag)) / 60;
            Say([.. Enumerable.Range(from, 6)]);
            if (answer % 60 > Lag + (4 * Lag))
            {
                _members.All.Should().HaveCount(6, $"answer {answer}");
            }
        }
    }

    [Fact]
    public void SourcesSwitchedToAndFro_HistoryEnds_NoAddressOfTheOtherViewStays()
    {
        for (int change = 0; change < 6; change++)
        {
            _members = _members.WithoutHistory();
            int first = change % 2 * 2;
            Say(first, first + 1);
            _members.All.Should().HaveCount(2, $"change {change}");
        }
    }

    [Fact]
    public void LongAbsenceThatEndedLongAgo_LosesWeight()
    {
        Say(1, 2);
        Repeat(40, () => Say(1));
        Say(1, 2);
        _members.History!.LongestAbsence.Should().Be(40);
        _members.History!.Patience.Should().Be((4 * 40) + 1, "the answer that begins an absence is tolerated too");

        Repeat(2 * AdaptiveParameters.Default.PatienceHalfLife, () => Say(1, 2));

        _members.History!.LongestAbsence.Should().BeApproximately(10, 0.001);
    }

    [Fact]
    public void AbsenceThatDidNotEnd_DoesNotMakeReturnsLookRarer()
    {
        for (int answer = 0; answer < 40; answer++)
        {
            Say(answer % 2);
        }

        double before = Probability();
        Say(1);

        Names(_members).Should().Contain("10.0.0.0", "it is absent, and not for long");
        Probability().Should().BeGreaterThanOrEqualTo(before);

        double Probability() =>
            ReturnProbability.Of(_members, _members.History!, AdaptiveParameters.Default).For(_members.History!.Of(Address(0))!.Value);
    }

    [Fact]
    public void WhollyNewAnswersOfAVeryLargeSet_AreToleratedForTheWindow()
    {
        int window = AdaptiveParameters.Default.Window;
        for (int answer = 0; answer < window; answer++)
        {
            Say(3 * answer, (3 * answer) + 1, (3 * answer) + 2);
        }

        _members.All.Should().HaveCount(Max);
        _members.History!.Patience.Should().Be((4 * window) + 1, "the window stands for the longest absence");
        _departures.Should().BeLessThanOrEqualTo(9, "the first answers show no rotation yet");
    }

    [Fact]
    public void OneOfAThousandAtRandom_IsLearntFromTheFewThatReturn()
    {
        Random random = new(6);
        Repeat(300, () => Say(Some(random, 1, 1_000, 0)));
        int learning = _departures;

        Repeat(300, () => Say(Some(random, 1, 1_000, 0)));

        learning.Should().BeLessThan(200);
        (_departures - learning).Should().BeLessThan(20);
    }

    [Fact]
    public void OneOfFourInTurn_IsLearntWithinARoundAndNobodyLeavesAfterwards()
    {
        for (int answer = 0; answer < 1_000; answer++)
        {
            Say(answer % 4);
        }

        _departures.Should().BeLessThanOrEqualTo(4);
        _members.All.Should().HaveCount(4);
        _members.All[^1].Reason.Should().MatchRegex(@"^absent \d+ of \d+ tolerated answers, answers rotate, mean gap \d\.\d answers$");
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 8)]
    [InlineData(2, 3)]
    [InlineData(8, 20)]
    [InlineData(8, 100)]
    public void SomeAtRandom_HardlyAnybodyLeaves(int size, int all)
    {
        Random random = new(size * all);
        int strict = 0;
        HashSet<IPAddress> before = [];
        for (int answer = 0; answer < 1_000; answer++)
        {
            ImmutableArray<IPAddress> addresses = Some(random, size, all, 0);
            strict += before.Except(addresses).Count();
            before = [.. addresses];
            Say(addresses);
        }

        _departures.Should().BeLessThanOrEqualTo(strict * 3 / 100);
        _members.All.Length.Should().BeLessThanOrEqualTo(Max);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(8, 20)]
    [InlineData(8, 100)]
    public void AllOfARotatingSetAreReplaced_TheOldOnesLeaveTogether(int size, int all)
    {
        Random random = new(5);
        Repeat(300, () => Say(Some(random, size, all, 0)));
        int bound = (int)Math.Ceiling(Math.Log(0.01) / Math.Log(1 - ((double)size / all))) + 3;

        Repeat(bound, () => Say(Some(random, size, all, 1_000)));

        _members.All.Select(member => member.Address).Should().NotIntersectWith(Enumerable.Range(0, all).Select(Address));
    }

    [Fact]
    public void LargerThanTheMaximum_MembersStayAndAreNotReplacedByEachAnswer()
    {
        Random random = new(9);
        Repeat(300, () => Say(Some(random, 8, 10_000, 0)));

        _members.All.Should().HaveCount(Max);
        _departures.Should().BeLessThan(40);
    }

    [Fact]
    public void CompleteAnswer_IsTheSetWhateverWasLearnt()
    {
        for (int answer = 0; answer < 100; answer++)
        {
            Say(answer % 4);
        }

        _members = _policy.Decide(_members, Addresses(1), isComplete: true, _now);

        Names(_members).Should().Equal("10.0.0.1");
        _members.Departed.Should().HaveCount(3).And.OnlyContain(
            departure => departure.Reason == DepartureReason.LeftDns
                && departure.Detail.EndsWith("which is complete", StringComparison.Ordinal));
    }

    [Fact]
    public void AbsentForMaxStale_LeavesHoweverRarelyAddressesReturn()
    {
        Random random = new(3);
        Repeat(20, () => Say(Some(random, 8, 100_000, 0)));
        IPAddress[] old = [.. _members.All.Select(member => member.Address)];

        _now += MaxStale;
        Say(Some(random, 8, 100_000, 200));

        _members.All.Select(member => member.Address).Should().NotIntersectWith(old);
    }

    [Fact]
    public void OneMoreAbsence_NeverBringsBackWhoLeftAndNeverMakesAReasonWeaker()
    {
        for (int answer = 0; answer < 100; answer++)
        {
            Say(answer % 2);
        }

        bool left = false;
        for (int miss = 1; miss < 50; miss++)
        {
            Say(1);
            bool stays = Names(_members).Contains("10.0.0.0");
            (left && stays).Should().BeFalse();
            left = !stays;
        }

        left.Should().BeTrue("a set of two that has become one");
    }

    [Fact]
    public void WhateverTheChurn_WhatIsRememberedIsBounded()
    {
        Random random = new(4);
        for (int answer = 0; answer < 2_000; answer++)
        {
            Say(Some(random, random.Next(1, 200), 60_000, 0));
            _members.History!.Addresses.Count.Should().BeLessThanOrEqualTo(Max + AnswerHistory.MaxOthers);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomTraces_NobodyInTheAnswerLeavesAndMembersAreFew(int seed)
    {
        Random random = new(seed);
        for (int answer = 0; answer < 2_000; answer++)
        {
            // Calm for a while, then wild, then others.
            int size = random.Next(1, 12);
            ImmutableArray<IPAddress> addresses = (answer / 100 % 3) switch
            {
                0 => Addresses([.. Enumerable.Range(answer / 300, size)]),
                1 => Some(random, size, 30, 0),
                _ => Some(random, size, 300, 1_000),
            };
            Members before = _members;

            Say(addresses);

            _members.Departed.Select(departure => departure.Address).Should()
                .NotIntersectWith(addresses).And.BeSubsetOf(before.All.Select(member => member.Address));
            _members.All.Select(member => member.Address).Should().OnlyHaveUniqueItems();
            _members.All.Length.Should().BeInRange(1, Max);
            before.All.Length.Should().Be(
                _members.Departed.Length + _members.All.Count(member => before.All.Any(old => old.Address.Equals(member.Address))));
        }
    }

    private static ImmutableArray<IPAddress> Some(Random random, int size, int all, int from)
    {
        HashSet<int> numbers = [];
        while (numbers.Count < size)
        {
            numbers.Add(from + random.Next(all));
        }

        return Addresses([.. numbers]);
    }

    private static void Repeat(int times, Action say)
    {
        for (int i = 0; i < times; i++)
        {
            say();
        }
    }

    private void Say(params int[] numbers) => Say(Addresses(numbers));

    private void Say(ImmutableArray<IPAddress> answer)
    {
        _members = _policy.Decide(_members, answer, isComplete: false, _now);
        _departures += _members.Departed.Length;
        _now += Ttl;
    }
}
