using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class TlsHandshakesTests : IDisposable
{
    private readonly MeasuredMeters _meters = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly TlsHandshakes _handshakes;
    private readonly EndpointMetrics _metrics;
    private readonly HttpRequestMessage _request = new();

    public TlsHandshakesTests()
    {
        _handshakes = new TlsHandshakes(_clock);
        _metrics = DnsAwareMetrics.Of(_meters).OriginOf("svc.test", 443).EndpointOf(new IPEndPoint(IPAddress.Loopback, 443), isTagged: false);
    }

    public void Dispose()
    {
        _request.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public void End_OfTheRequestsHandshake_IsMeasuredOnce()
    {
        TlsHandshake handshake = _handshakes.Begin(_request, _metrics)!;
        _clock.Advance(TimeSpan.FromMilliseconds(40));

        _handshakes.End(_request);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _handshakes.End(_request);
        handshake.End("secure_connection_error");

        _meters.Of("dnsaware.tls.handshake.duration").Should().Equal("0.04");
        _handshakes.Count.Should().Be(0);
    }

    [Fact]
    public void ConnectionThatIsClosedBefore_IsAFailure()
    {
        TlsHandshake handshake = _handshakes.Begin(_request, _metrics)!;
        _clock.Advance(TimeSpan.FromSeconds(1));

        handshake.End("timeout");

        _meters.Of("dnsaware.tls.handshake.duration").Should().Equal("1 error.type=timeout");
        _handshakes.Count.Should().Be(0);
    }

    [Fact]
    public void TwoConnectionsOfOneRequest_CannotBeToldApart()
    {
        _handshakes.Begin(_request, _metrics).Should().NotBeNull();
        _handshakes.Begin(_request, _metrics).Should().BeNull();
    }

    [Fact]
    public void RequestWithoutAHandshake_IsNotMeasured()
    {
        _handshakes.End(_request);

        _meters.Of("dnsaware.tls.handshake.duration").Should().BeEmpty();
    }
}
