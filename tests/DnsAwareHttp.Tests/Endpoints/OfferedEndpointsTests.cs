using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class OfferedEndpointsTests : IDisposable
{
    private readonly EndpointBench _bench = new(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst });
    private readonly OfferedEndpoints _offered;

    public OfferedEndpointsTests() => _offered = new OfferedEndpoints(_bench.Scope, _bench.Sync);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void New_OffersNothingAndNothingIsKnown()
    {
        _offered.Current.Should().BeNull();
        _offered.IsClosed.Should().BeFalse();
        _offered.Known.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void Publish_OffersTheEndpointsAndTellsThatTheyAreKnown()
    {
        EndpointPlacement one = Placement("10.0.0.1");

        Publish(one);

        _offered.Current!.Placements.Should().Equal(one);
        _offered.Known.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void Publish_Again_ThePickerStaysWithItsChoice()
    {
        EndpointPlacement one = Placement("10.0.0.1");
        Publish(one);

        Publish(Placement("10.0.0.2"), one);

        _offered.Current!.Picker.Pick().Should().BeSameAs(one.Pool);
    }

    [Fact]
    public void Publish_Nothing_TheNextRequestWaitsAgain()
    {
        Publish(Placement("10.0.0.1"));
        Task before = _offered.Known;

        Publish();

        _offered.Current.Should().BeNull();
        before.IsCompleted.Should().BeTrue();
        _offered.Known.IsCompleted.Should().BeFalse();
        Publish(Placement("10.0.0.2"));
        _offered.Known.IsCompleted.Should().BeTrue();
    }

    [Fact]
    public void Publish_NothingBeforeTheFirstEndpoints_TheSameSignalIsAwaited()
    {
        Task known = _offered.Known;

        Publish();
        Publish(Placement("10.0.0.1"));

        known.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void Close_OffersNothingAndEndsTheWaits()
    {
        Task known = _offered.Known;

        _bench.Locked(_offered.Close_NeedsLock).Should().BeTrue();

        _offered.IsClosed.Should().BeTrue();
        _offered.Current.Should().BeNull();
        known.IsCompletedSuccessfully.Should().BeTrue();
        _bench.Locked(_offered.Close_NeedsLock).Should().BeFalse("it was closed before");
    }

    [Fact]
    public void Publish_AfterTheClose_OffersNothing()
    {
        _bench.Locked(_offered.Close_NeedsLock);

        Publish(Placement("10.0.0.1"));
        _offered.Current.Should().BeNull();
        Publish();

        _offered.Known.IsCompleted.Should().BeTrue();
    }

    private EndpointPlacement Placement(string address) => new(_bench.Pool(address));

    private void Publish(params EndpointPlacement[] placements) => _bench.Locked(() => _offered.Publish_NeedsLock([.. placements]));
}
