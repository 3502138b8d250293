using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class OriginMetricsTests : IDisposable
{
    private readonly MeasuredMeters _meters = new();
    private readonly OriginMetrics _origin;

    public OriginMetricsTests() => _origin = DnsAwareMetrics.Of(_meters).OriginOf("svc.test", 443);

    public void Dispose() => _meters.Dispose();

    [Fact]
    public void Measurements_HaveTheNameAndThePort()
    {
        _origin.OnMisdirected();

        _meters.Series.Should().Equal("dnsaware.request.misdirected.count server.address=svc.test server.port=443");
    }

    [Fact]
    public void Drain_IsTimedAndItsConnectionsAreCounted()
    {
        _origin.OnDrained(DepartureReason.NameEmpty, TimeSpan.FromMilliseconds(2500), graceful: 3, cut: 1);
        _origin.OnDrained(DepartureReason.LeftDns, TimeSpan.Zero, graceful: 0, cut: 0);

        _meters.Of("dnsaware.drain.duration").Should().Equal("2.5 departure.reason=name_empty", "0 departure.reason=left_dns");
        _meters.Of("dnsaware.drain.connection.count").Should().Equal("3 drain.outcome=graceful", "1 drain.outcome=cut");
    }

    [Fact]
    public void Request_IsFreshOrStaleOrAMiss()
    {
        _origin.OnRequest(isKnown: false, isStale: false);
        _origin.OnRequest(isKnown: true, isStale: false);
        _origin.OnRequest(isKnown: true, isStale: true);

        _meters.TagsOf("dnsaware.cache.request.count").Should().Equal("cache.result=miss", "cache.result=fresh", "cache.result=stale");
    }

    [Fact]
    public void EndpointsOfOneFamily_ShareTheirMetrics_UnlessAddressesAreTags()
    {
        IPEndPoint one = new(IPAddress.Parse("10.0.0.1"), 443), two = new(IPAddress.Parse("10.0.0.2"), 443);

        _origin.EndpointOf(one, isTagged: false).Should().BeSameAs(_origin.EndpointOf(two, isTagged: false));
        _origin.EndpointOf(one, isTagged: true).Should().NotBeSameAs(_origin.EndpointOf(two, isTagged: true))
            .And.BeSameAs(_origin.EndpointOf(one, isTagged: true), "an address that returns has the same series");
    }

    [Fact]
    public void None_MeasuresNothing() => OriginMetrics.None.Instruments.Should().BeNull();
}
