using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class LatencyEstimateTests
{
    private const double Usual = 0.02;

    private static readonly LatencyEstimate Peer = Answered(default, Usual, 32);

    [Fact]
    public void FirstAnswer_IsTheMeanButNotSure()
    {
        LatencyEstimate first = default(LatencyEstimate).After(10 * Usual, 0);

        first.Mean.Should().Be(10 * Usual);
        IsSlower(first, Peer).Should().BeFalse("one answer may be a pause of the server");
    }

    [Fact]
    public void OneSlowAnswerOfMany_IsNoReasonToGoElsewhere()
    {
        IsSlower(Peer.After(1_000 * Usual, 0), Peer).Should().BeFalse();
        IsSlower(Peer.After(10 * Usual, 0), Peer).Should().BeFalse();
    }

    [Fact]
    public void AFewSlowAnswersInARow_Are()
    {
        int needed = Enumerable.Range(1, 20).First(count => IsSlower(Answered(Peer, 10 * Usual, count), Peer));

        needed.Should().BeInRange(2, 8);
    }

    [Fact]
    public void SlowAndThenFastAgain_IsAsGoodAsItsPeersAfterAFewAnswers()
    {
        LatencyEstimate slow = Answered(default, 10 * Usual, 32);
        IsSlower(slow, Peer).Should().BeTrue();

        int needed = Enumerable.Range(1, 20).First(count => !IsSlower(Answered(slow, Usual, count), Peer));

        needed.Should().BeInRange(1, 4);
    }

    [Fact]
    public void WithoutAnswers_ASlowOneIsTriedAgainWithinMinutes()
    {
        LatencyEstimate slow = Answered(default, 10 * Usual, 32);

        IsSlower(slow, Peer, now: 10).Should().BeTrue();
        IsSlower(slow, Peer with { At = 600 }, now: 600).Should().BeFalse();
    }

    [Fact]
    public void TheLongerUnused_TheGreaterTheDoubt()
    {
        double[] doubts = [.. Enumerable.Range(0, 20).Select(minute => Peer.DoubtAt(60 * minute))];

        doubts.Should().BeInAscendingOrder();
        doubts[^1].Should().BeGreaterThan(100 * doubts[0]);
    }

    [Fact]
    public void LongPollsAmongShortRequests_HideNoSlowEndpoint()
    {
        LatencyEstimate WithPolls(double latency) =>
            Enumerable.Range(0, 400).Aggregate(default(LatencyEstimate), (before, i) => before.After(i % 10 == 0 ? 20 : latency, 0));

        IsSlower(WithPolls(Usual), Peer).Should().BeFalse();
        IsSlower(WithPolls(10 * Usual), WithPolls(Usual)).Should().BeTrue();
    }

    [Fact]
    public void TimesThatVaryAlike_AreNoDifference()
    {
        Random random = new(7);
        LatencyEstimate one = default;
        LatencyEstimate other = default;
        int differences = 0;
        for (int i = 0; i < 10_000; i++)
        {
            one = one.After(-Math.Log(1 - random.NextDouble()) * Usual, 0);
            other = other.After(-Math.Log(1 - random.NextDouble()) * Usual, 0);
            differences += IsSlower(one, other) || IsSlower(other, one) ? 1 : 0;
        }

        differences.Should().BeLessThan(500);
    }

    [Fact]
    public void Failures_CostWhateverTheirTime()
    {
        LatencyEstimate failing = Enumerable.Range(0, 100).Aggregate(Peer, (before, i) => i % 4 == 0 ? before.AfterFailure(0) : before.After(Usual, 0));

        failing.Mean.Should().BeApproximately(Usual, 0.0001, "the time of a failure tells nothing");
        failing.FailedPart.Should().BeApproximately(0.25, 0.1);
        IsSlower(failing, Peer).Should().BeTrue();
        IsSlower(Answered(failing, Usual, 200), Peer).Should().BeFalse();
    }

    [Fact]
    public void FailuresWithoutAnAnswer_TellNoLatency() => default(LatencyEstimate).AfterFailure(0).Should().Be(default(LatencyEstimate));

    [Fact]
    public void OneFailureOfMany_IsNoReasonToGoElsewhere() => IsSlower(Peer.AfterFailure(0), Peer).Should().BeFalse();

    private static LatencyEstimate Answered(LatencyEstimate before, double latency, int times) =>
        Enumerable.Range(0, times).Aggregate(before, (estimate, _) => estimate.After(latency, 0));

    private static bool IsSlower(LatencyEstimate one, LatencyEstimate other, double now = 0) =>
        one.Cost - one.DoubtAt(now) > other.Cost + other.DoubtAt(now);
}
