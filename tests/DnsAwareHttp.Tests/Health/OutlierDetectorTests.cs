using DnsAwareHttp.Health;
using FsCheck.Xunit;

namespace DnsAwareHttp.Tests.Health;

public sealed class OutlierDetectorTests
{
    private static readonly OutlierDetectionOptions Defaults = new();

    // Failures in a row, then the outcomes of the peers meanwhile.
    [Theory]
    [InlineData(4, 1000, 0, false)]
    [InlineData(5, 1000, 0, true)]
    [InlineData(5, 15, 0, true)]
    [InlineData(5, 14, 0, false)]
    [InlineData(6, 12, 0, true)]
    [InlineData(7, 6, 0, true)]
    [InlineData(6, 6, 0, false)]
    [InlineData(10, 1, 0, true)]
    [InlineData(9, 1, 0, false)]
    [InlineData(40, 0, 0, false)]
    [InlineData(40, 0, 1000, false)]
    [InlineData(5, 995, 5, true)]
    [InlineData(5, 950, 50, false)]
    [InlineData(7, 950, 50, true)]
    [InlineData(13, 800, 200, true)]
    [InlineData(12, 800, 200, false)]
    [InlineData(40, 499, 501, false)]
    public void FailuresInARow_CountMoreTheBetterThePeersAre(int inARow, long good, long bad, bool isOutlier) =>
        OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, bad), Defaults).Should().Be(isOutlier);

    // Own outcomes, then those of the peers in the same time.
    [Theory]
    [InlineData(10, 10, 1000, 0, true)]
    [InlineData(11, 10, 1000, 0, false)] // less than half
    [InlineData(9, 10, 1000, 0, false)] // too few requests
    [InlineData(10, 10, 3, 0, false)] // too little is known of the peers
    [InlineData(10, 10, 0, 0, false)]
    [InlineData(10, 10, 950, 50, false)]
    [InlineData(13, 13, 950, 50, true)]
    [InlineData(0, 20, 500, 200, true)]
    [InlineData(500, 500, 600, 400, false)] // worse than its peers, but not twice as bad
    public void PartThatFails_IsComparedWithThatOfThePeers(long ownGood, long ownBad, long good, long bad, bool isOutlier) =>
        FailsTooOften(new OutcomeCounts(ownGood, ownBad), new OutcomeCounts(good, bad), Defaults).Should().Be(isOutlier);

    [Theory]
    [InlineData(2, 2, 9, false)]
    [InlineData(3, 3, 14, false)]
    [InlineData(3, 3, 15, true)]
    [InlineData(20, 19, 1000, false)]
    [InlineData(20, 20, 1000, true)]
    public void ConsecutiveFailures_IsTheLeastNumber(int option, int inARow, long good, bool isOutlier)
    {
        OutlierDetectionOptions options = new() { ConsecutiveFailures = option };

        OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, 0), options).Should().Be(isOutlier);
    }

    [Fact]
    public void FailureRatioAndMinRequests_AreTheLimits()
    {
        OutlierDetectionOptions options = new() { FailureRatio = 0.1, MinRequests = 200 };

        FailsTooOften(new OutcomeCounts(180, 20), new OutcomeCounts(100_000, 0), options).Should().BeTrue();
        FailsTooOften(new OutcomeCounts(181, 19), new OutcomeCounts(100_000, 0), options).Should().BeFalse();
        FailsTooOften(new OutcomeCounts(179, 20), new OutcomeCounts(100_000, 0), options).Should().BeFalse();
    }

    [Property(MaxTest = 2000)]
    public bool AsGoodAsItsPeers_IsNoOutlier(ushort good, ushort bad, byte times) =>
        !FailsTooOften(new OutcomeCounts(good, bad), new OutcomeCounts((long)good * times, (long)bad * times), Defaults);

    [Property(MaxTest = 2000)]
    public bool PeersThatFailHalfOfTheirRequests_EjectNobody(ushort inARow, ushort good) =>
        !OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, good), Defaults)
        && !FailsTooOften(new OutcomeCounts(0, inARow), new OutcomeCounts(good, good), Defaults);

    [Property(MaxTest = 2000)]
    public bool OneMoreFailure_NeverSavesAnEndpoint(byte inARow, ushort good, byte bad)
    {
        OutcomeCounts peers = new(good, bad);
        return !OutlierDetector.FailsInARow(Run(inARow), peers, Defaults) || OutlierDetector.FailsInARow(Run(inARow + 1), peers, Defaults);
    }

    [Property(MaxTest = 2000)]
    public bool WorsePeers_NeverMakeAnOutlier(byte inARow, ushort good, byte bad)
    {
        OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, bad + 1), Defaults).Should().Be(
            OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, bad + 1), Defaults), "it is a function");
        return OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, bad), Defaults)
            || !OutlierDetector.FailsInARow(Run(inARow), new OutcomeCounts(good, bad + 1), Defaults);
    }

    [Theory]
    [InlineData(0, 1, 0.5, false)]
    [InlineData(0, 2, 0.5, true)]
    [InlineData(1, 2, 0.5, false)]
    [InlineData(0, 3, 0.5, true)]
    [InlineData(1, 3, 0.5, false)]
    [InlineData(3, 8, 0.5, true)]
    [InlineData(4, 8, 0.5, false)]
    [InlineData(0, 8, 0, false)]
    [InlineData(7, 8, 1, true)]
    public void MayEject_KeepsTheShare(int ejected, int usable, double share, bool may) =>
        OutlierDetector.MayEject(ejected, usable, share).Should().Be(may);

    [Property]
    public bool MayEject_NeverMoreThanTheShareIsOut(byte ejected, byte usable, byte percent) =>
        !OutlierDetector.MayEject(ejected, usable, percent % 101 / 100.0) || ejected + 1 <= percent % 101 / 100.0 * usable;

    [Theory]
    [InlineData(9, 0, 0, false)]
    [InlineData(10, 0, 0, true)]
    [InlineData(10, 1, 0, false)]
    [InlineData(10, 0, 1, false)]
    public void FailsAlone_NeedsTwiceTheFailuresAndPeersWithoutOutcomes(int inARow, long good, long bad, bool isWorthATry) =>
        OutlierDetector.FailsAlone(Run(inARow), new OutcomeCounts(good, bad), Defaults).Should().Be(isWorthATry);

    [Fact]
    public void MoreRequestsDuringAnOutageOfAll_MakeNoOutlier()
    {
        // The part of the outage first, then one in which all answer well. The endpoint had most of its requests during the outage.
        OutcomeCounts[] own = [new(0, 200), new(50, 0)];
        OutcomeCounts[] peers = [new(0, 50), new(400, 0)];

        OutlierDetector.FailsTooOften(own, [.. own.Zip(peers, static (one, other) => one + other)], Defaults).Should().BeNull();
    }

    [Fact]
    public void Burst_IsFoundBesideAnHourOfGoodAnswers()
    {
        OutcomeCounts[] own = [new(2, 20), new(100_000, 0)];
        OutcomeCounts[] peers = [new(150, 0), new(700_000, 0)];

        OutlierDetector.FailsTooOften(own, [.. own.Zip(peers, static (one, other) => one + other)], Defaults)
            .Should().Be((own[0], peers[0]));
    }

    private static bool FailsTooOften(OutcomeCounts own, OutcomeCounts peers, OutlierDetectionOptions options) =>
        OutlierDetector.FailsTooOften([own], [own + peers], options) is not null;

    private static FailureRun Run(int length) => new(length, length, new PeersSince([]));
}
