using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class EndpointMetricsTests : IDisposable
{
    private readonly MeasuredMeters _meters = new();
    private readonly OriginMetrics _origin;

    public EndpointMetricsTests() => _origin = DnsAwareMetrics.Of(_meters).OriginOf("svc.test", 443);

    public void Dispose() => _meters.Dispose();

    [Fact]
    public void Ejection_HasItsReason()
    {
        Of("10.0.0.1").OnEjected("consecutive_failures");

        _meters.Of("dnsaware.endpoint.ejection.count").Should().Equal("1 ejection.reason=consecutive_failures");
    }

    [Fact]
    public void Ejection_NamesTheAddressWhereThatIsWanted()
    {
        Of("2001:db8::1", isTagged: true).OnEjected("failure_ratio");

        _meters.TagsOf("dnsaware.endpoint.ejection.count")
            .Should().Equal("network.peer.address=2001:db8::1 network.peer.port=443 ejection.reason=failure_ratio");
    }

    [Theory]
    [InlineData("10.0.0.1", "ipv4")]
    [InlineData("2001:db8::1", "ipv6")]
    public void Connect_HasItsFamilyAndItsError(string address, string family)
    {
        Of(address).OnConnected(TimeSpan.FromMilliseconds(5), error: null);
        Of(address).OnConnected(TimeSpan.FromSeconds(5), new TimeoutException());

        _meters.Of("dnsaware.connect.duration").Should().Equal($"0.005 network.type={family}", $"5 network.type={family} error.type=timeout");
    }

    [Fact]
    public void None_MeasuresNothing()
    {
        EndpointMetrics.None.MeasuresHandshakes.Should().BeFalse();
        EndpointMetrics.None.CountsRetransmits.Should().BeFalse();
    }

    private EndpointMetrics Of(string address, bool isTagged = false) => _origin.EndpointOf(new IPEndPoint(IPAddress.Parse(address), 443), isTagged);
}
