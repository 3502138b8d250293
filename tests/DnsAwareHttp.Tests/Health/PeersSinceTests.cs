using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class PeersSinceTests
{
    private static readonly OutcomeCounts SomeGood = new(3, 0);

    [Fact]
    public void NoGoodAnswerOfAPeer_NothingIsKnown() =>
        new PeersSince([]).AnsweredWellBefore(new OutcomeCounts(0, 9), new RequestTally(100, 1, 50, 0)).Should().BeFalse();

    [Fact]
    public void EndOfAnOutage_RequestsOfBeforeStillFail_TheyDoNotCount()
    {
        PeersSince peers = new([]);

        // Twenty requests were under way when the peers were first seen to answer well.
        peers.AnsweredWellBefore(SomeGood, new RequestTally(100, 20, 80, 0)).Should().BeFalse();
        for (int underWay = 19; underWay > 0; underWay--)
        {
            peers.AnsweredWellBefore(SomeGood, new RequestTally(100, underWay, 100 - underWay, 0)).Should().BeFalse();
        }
    }

    [Fact]
    public void TheNextRequestFails_ItCounts()
    {
        PeersSince peers = new([]);
        peers.AnsweredWellBefore(SomeGood, new RequestTally(100, 1, 50, 0)).Should().BeFalse();

        peers.AnsweredWellBefore(SomeGood, new RequestTally(101, 1, 51, 0)).Should().BeTrue();
    }

    [Fact]
    public void Meanwhile_IsTheSumOfAllPeers()
    {
        EndpointOutcomes one = new(new Requests(7));
        EndpointOutcomes other = new(new Requests(5));
        PeersSince peers = new([(one, default), (other, new RequestTally(2, 0, 0, 0))]);

        peers.Meanwhile.Should().Be(new OutcomeCounts(10, 0));
    }

    private sealed record Requests(long TotalRequests) : IRequestCounts
    {
        public long ActiveRequests => 0;
    }
}
