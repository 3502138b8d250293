using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class PoolTimingTests
{
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(20);

    private readonly ManualTimeProvider _time = new();
    private readonly RequestClock _clock;
    private readonly PoolTiming _timing;

    public PoolTimingTests()
    {
        _clock = new RequestClock(_time);
        _timing = new PoolTiming(_clock);
    }

    [Fact]
    public void NothingWasAnswered_NothingIsKnown()
    {
        _timing.OnUnanswered(_timing.OnSent(isAtOnce: true), isGivenUp: false, wasSent: true);
        _timing.Sample(requests: 0);

        _timing.Mean.Should().BeNull();
        _timing.Cost.Should().Be(default(PoolCost));
    }

    [Fact]
    public void Answers_AreTheMean()
    {
        Answer(Usual, 20);

        _timing.Mean.Should().BeCloseTo(Usual, TimeSpan.FromMicroseconds(1));
        _timing.Cost.Expected.Should().BeApproximately(0.02f, 0.0001f);
    }

    [Fact]
    public void RequestThatMayHaveWaitedForAConnection_CountsOnlyIfItWasFast()
    {
        Answer(Usual, 5, isAtOnce: false);
        _timing.Mean.Should().BeNull("the dial and the handshake are not the server's work");
        Answer(Usual, 20);

        Answer(100 * Usual, 20, isAtOnce: false);
        _timing.Mean.Should().BeCloseTo(Usual, TimeSpan.FromMicroseconds(1));

        Answer(Usual / 2, 80, isAtOnce: false);
        _timing.Mean.Should().BeLessThan(Usual * 0.6);
    }

    [Fact]
    public void FailureAtOnce_IsNotCheap()
    {
        Answer(Usual, 20);
        float before = _timing.Cost.Expected;

        _timing.OnAnswered(_timing.OnSent(isAtOnce: true), isGood: false);
        _timing.OnUnanswered(_timing.OnSent(isAtOnce: true), isGivenUp: false, wasSent: true);

        _timing.Cost.Expected.Should().BeGreaterThan(before * 1.3f);
        _timing.Mean.Should().BeCloseTo(Usual, TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public void CallerGaveUp_TellsOnlyThatTheAnswerIsLater()
    {
        Answer(Usual, 20);
        GiveUp(after: Usual / 4);
        _timing.Mean.Should().BeCloseTo(Usual, TimeSpan.FromMicroseconds(1), "a hedge that lost tells nothing");

        GiveUp(after: 50 * Usual);
        _timing.Mean.Should().BeGreaterThan(Usual);
    }

    [Fact]
    public void RequestThatNeverGotAConnection_TellsNothing()
    {
        Answer(Usual, 20);
        PoolCost before = _timing.Cost;

        _timing.OnUnanswered(_timing.OnSent(isAtOnce: false), isGivenUp: false, wasSent: false);
        _timing.OnEmpty();

        _timing.Cost.Should().Be(before);
    }

    [Fact]
    public void NoAnswerForLong_RaisesTheCostBeforeOneComes()
    {
        Answer(Usual, 20);
        float before = _timing.Cost.Expected;
        long sent = _timing.OnSent(isAtOnce: true);
        Pass(Usual / 2);
        _timing.Cost.Expected.Should().Be(before);

        Pass(5 * Usual);
        _timing.Cost.Expected.Should().BeApproximately(5.5f * before, 0.1f * before);
        Pass(TimeSpan.FromSeconds(30));
        _timing.Cost.Expected.Should().BeApproximately(8 * before, 0.1f * before, "it may be a long poll");

        _timing.OnAnswered(sent, isGood: true);
        _timing.Cost.Expected.Should().BeLessThan(2 * before);
    }

    [Fact]
    public void LongPollIsUnderWayAndOthersAreAnswered_CostsAsUsual()
    {
        Answer(Usual, 20);
        _timing.OnSent(isAtOnce: true);
        Pass(TimeSpan.FromSeconds(10));

        Answer(Usual, 1);

        Pass(TimeSpan.FromSeconds(10));
        _timing.Cost.Expected.Should().BeApproximately(0.02f, 0.001f);
    }

    [Fact]
    public void RequestWasNotSentAfterAll_IsNoSilence()
    {
        Answer(Usual, 20);
        _timing.OnSent(isAtOnce: true);

        _timing.OnEmpty();

        Pass(TimeSpan.FromSeconds(10));
        _timing.Cost.Expected.Should().BeApproximately(0.02f, 0.001f);
    }

    [Fact]
    public void Sample_WidensTheDoubtOfAnUnusedEndpoint()
    {
        Answer(Usual, 20);
        float before = _timing.Cost.Doubt;

        Pass(TimeSpan.FromMinutes(5));
        _timing.Sample(requests: 0);

        _timing.Cost.Doubt.Should().BeGreaterThan(3 * before);
        _timing.Cost.Expected.Should().BeApproximately(0.02f, 0.001f);
    }

    [Fact]
    public void ManyRequests_APartOfThemIsTimed()
    {
        Enumerable.Range(0, 100).Should().OnlyContain(_ => _timing.OnSent(true) != 0, "there are few so far");
        _timing.Sample(requests: 2_500);

        Enumerable.Range(0, 100).Count(_ => _timing.OnSent(true) != 0).Should().Be(10);
        _timing.OnAnswered(0, isGood: true);
        _timing.OnAnswered(0, isGood: false);
        _timing.OnUnanswered(0, isGivenUp: true, wasSent: true);
        _timing.Cost.Should().Be(default(PoolCost), "nothing is known of a request that is not timed");

        _timing.Sample(requests: 100);
        Enumerable.Range(0, 100).Should().OnlyContain(_ => _timing.OnSent(true) != 0);
    }

    [Fact]
    public void AnswersAtTheSameTime_LeaveAWholeCost()
    {
        Parallel.For(0, 20_000, _ =>
        {
            _timing.OnAnswered(_timing.OnSent(isAtOnce: true) - 200_000, isGood: true);
            _timing.Cost.Expected.Should().BeInRange(0.019f, 0.021f);
        });

        _timing.Cost.Doubt.Should().BeInRange(0.0001f, 0.01f);
    }

    private void Answer(TimeSpan after, int times, bool isAtOnce = true)
    {
        for (int i = 0; i < times; i++)
        {
            long sent = _timing.OnSent(isAtOnce);
            _time.Advance(after);
            _timing.OnAnswered(sent, isGood: true);
        }
    }

    private void GiveUp(TimeSpan after)
    {
        long sent = _timing.OnSent(isAtOnce: true);
        _time.Advance(after);
        _timing.OnUnanswered(sent, isGivenUp: true, wasSent: true);
        _timing.OnEmpty();
    }

    // Requests to other endpoints move the clock that picks look at.
    private void Pass(TimeSpan time)
    {
        _time.Advance(time);
        _clock.Read();
    }
}
