using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

public sealed class PoolEntryTests
{
    private readonly EndpointPool _full = new TestEndpoint().Busy(10).HasStreams(10).Pool;
    private int _moves;

    [Fact]
    public void AnotherEndpointHasAPlace_ChoosesAgain()
    {
        Enter(_full, new TestEndpoint("10.0.0.2").HasStreams(1).Pool).Should().Be(EntryOutcome.ChooseAgain);
        Enter(_full, new TestEndpoint("10.0.0.2").Pool).Should().Be(EntryOutcome.ChooseAgain, "it may open a connection");

        _full.ActiveRequests.Should().Be(10);
    }

    [Fact]
    public void NoEndpointHasAPlace_WaitsInside()
    {
        Enter(_full, new TestEndpoint("10.0.0.2").Busy(1).HasStreams(1).Pool).Should().Be(EntryOutcome.Inside);

        _full.ActiveRequests.Should().Be(11);
    }

    [Fact]
    public void TheOtherEndpointWasTried_WaitsInside()
    {
        EndpointPool other = new TestEndpoint("10.0.0.2").Pool;
        RequestAttempts attempts = new(new Origin(false, "svc.test", 80, null, false));
        attempts.Add(other, new HttpRequestException());

        PoolEntry.EnterFull(_full, FakeOriginEndpoints.Offer(_full, other), attempts, stays: false, ref _moves, out _).Should().Be(EntryOutcome.Inside);
    }

    [Fact]
    public void TheRequestHasASession_WaitsInside()
    {
        EndpointSet set = FakeOriginEndpoints.Offer(_full, new TestEndpoint("10.0.0.2").Pool);

        PoolEntry.EnterFull(_full, set, null, stays: true, ref _moves, out _).Should().Be(EntryOutcome.Inside);
    }

    [Fact]
    public void ThePoolDrains_ChoosesAgain()
    {
        _full.BeginDrain("gone");

        Enter(_full).Should().Be(EntryOutcome.ChooseAgain);
    }

    [Fact]
    public void CountsAreOldForLong_WaitsInsideInTheEnd()
    {
        EndpointPool other = new TestEndpoint("10.0.0.2").Pool;

        int choices = 0;
        while (Enter(_full, other) is EntryOutcome.ChooseAgain)
        {
            (++choices).Should().BeLessThan(100);
        }

        _full.ActiveRequests.Should().Be(11);
    }

    private EntryOutcome Enter(params EndpointPool[] all) =>
        PoolEntry.EnterFull(all[0], FakeOriginEndpoints.Offer(all), null, stays: false, ref _moves, out _);
}
