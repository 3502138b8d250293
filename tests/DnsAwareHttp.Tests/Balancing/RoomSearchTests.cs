using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class RoomSearchTests : IDisposable
{
    private readonly EndpointBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task ThePickedOneWasNeverConnectedAndAnotherHasRoom_TakesTheOtherAndDialsThePickedOne()
    {
        EndpointPool picked = _bench.Pool("10.0.0.1");
        EndpointPool connected = _bench.Connected("10.0.0.2");

        Find(picked, picked, connected).Should().BeSameAs(connected);

        await _bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public void ThePickedOneHasLostItsConnectionsAndLittleIsUnderWay_TakesTheOtherAndDialsNothing()
    {
        EndpointPool picked = Cold("10.0.0.1");
        EndpointPool connected = _bench.Connected("10.0.0.2");

        for (int turn = 0; turn < 3; turn++)
        {
            Find(picked, picked, connected).Should().BeSameAs(connected);
        }

        picked.IsConnected.Should().BeFalse();
        _bench.Dialled.Should().BeEmpty();
    }

    [Fact]
    public async Task ThePickedOneIsPassedOverWhileAnotherRequestIsUnderWay_IsDialled()
    {
        EndpointPool picked = Cold("10.0.0.1");
        EndpointPool connected = _bench.Connected("10.0.0.2");
        _bench.Connect(connected);
        connected.TryEnter(out _);

        Find(picked, picked, connected).Should().BeSameAs(connected);

        await _bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public async Task ThePickedOneIsPassedOverOften_IsDialled()
    {
        EndpointPool picked = Cold("10.0.0.1");
        EndpointPool connected = _bench.Connected("10.0.0.2");

        for (int turn = 0; turn < 4; turn++)
        {
            Find(picked, picked, connected);
        }

        await _bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public void NoneHasRoom_ThePickedOneThatMayGrowHasTheRequest()
    {
        EndpointPool picked = Cold("10.0.0.1");
        EndpointPool full = new TestEndpoint().Busy(10).HasStreams(10).Pool;

        Find(picked, full, picked).Should().BeSameAs(picked);
    }

    [Fact]
    public void ThePickedOneIsFull_OneThatMayGrowHasTheRequest()
    {
        EndpointPool full = new TestEndpoint().Busy(10).HasStreams(10).Pool;
        EndpointPool other = Cold("10.0.0.2");

        Find(full, full, other).Should().BeSameAs(other);
    }

    [Fact]
    public void AllAreFull_TheOneWithTheLeastLoadHasTheRequest()
    {
        EndpointPool full = new TestEndpoint().Busy(12).HasStreams(10).Pool;
        EndpointPool lessFull = new TestEndpoint("10.0.0.2").Busy(11).HasStreams(10).Pool;

        Find(full, full, lessFull).Should().BeSameAs(lessFull);
    }

    [Fact]
    public void PickFirst_OpensAConnectionThoughAnotherHasRoom_UnlessItIsFull()
    {
        EndpointPool first = Cold("10.0.0.1");
        EndpointPool other = _bench.Connected("10.0.0.2");
        EndpointPool full = new TestEndpoint().Connects().Busy(10).HasStreams(10).Pool;

        RoomSearch.Find(FakeOriginEndpoints.Offer(first, other), first, new Random(1)).Should().BeSameAs(first);
        RoomSearch.Find(FakeOriginEndpoints.Offer(full, other), full, new Random(1)).Should().BeSameAs(other);
    }

    // It was connected once.
    private EndpointPool Cold(string address)
    {
        EndpointPool pool = _bench.Connected(address);
        EndpointBench.Disconnect(pool);
        return pool;
    }

    private static EndpointPool Find(EndpointPool picked, params EndpointPool[] all) => RoomSearch.Find(
        EndpointSet.Of([.. all.Select(pool => new EndpointPlacement(pool))], LoadBalancingPolicy.RoundRobin, new Random(1), null)!, picked, new Random(1));
}
