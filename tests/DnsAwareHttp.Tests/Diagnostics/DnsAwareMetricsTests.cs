using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

/// <summary>The meter is one for the process: each test hears only of its own host.</summary>
public sealed class DnsAwareMetricsTests : IDisposable
{
    private readonly string _host = $"{Guid.NewGuid():N}.test";
    private readonly ConcurrentQueue<string> _measured = new();
    private readonly MeterListener _listener = new();

    public DnsAwareMetricsTests()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == DnsAwareMetrics.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        DnsAwareMetrics.Announce();
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Lookup_IsMeasuredInSecondsWithItsOutcome()
    {
        DnsAwareMetrics.LookedUp(_host, new Answer.Empty(EmptyReason.NxDomain, TimeSpan.Zero), TimeSpan.FromMilliseconds(1500));

        _measured.Should().Equal("dnsaware.lookup.duration [s] 1.5 dns.question.name=HOST outcome=nxdomain");
    }

    [Fact]
    public void Endpoint_IsCountedFromItsJoiningToTheEndOfItsDrain()
    {
        DnsAwareMetrics.EndpointJoined(_host, 443);
        DnsAwareMetrics.EndpointDraining(_host, 443);
        DnsAwareMetrics.EndpointDrained(_host, 443, TimeSpan.FromMilliseconds(2500), graceful: 3, cut: 1);

        _measured.Should().Equal(
            "dnsaware.endpoints [{endpoint}] 1 server.address=HOST server.port=443",
            "dnsaware.endpoints [{endpoint}] -1 server.address=HOST server.port=443",
            "dnsaware.endpoints.draining [{endpoint}] 1 server.address=HOST server.port=443",
            "dnsaware.endpoints.draining [{endpoint}] -1 server.address=HOST server.port=443",
            "dnsaware.drain.duration [s] 2.5 server.address=HOST server.port=443",
            "dnsaware.drain.connections [{connection}] 3 server.address=HOST server.port=443 outcome=graceful",
            "dnsaware.drain.connections [{connection}] 1 server.address=HOST server.port=443 outcome=cut");
    }

    [Fact]
    public void NoConnections_AreNotMeasured()
    {
        DnsAwareMetrics.EndpointDrained(_host, 443, TimeSpan.Zero, graceful: 0, cut: 0);

        _measured.Should().NotContain(measurement => measurement.StartsWith("dnsaware.drain.connections"));
    }

    [Fact]
    public void LingeringEndpoints_AreCountedByTheirDifference()
    {
        DnsAwareMetrics.EndpointsLinger(_host, 443, 2);
        DnsAwareMetrics.EndpointsLinger(_host, 443, 0);
        DnsAwareMetrics.EndpointsLinger(_host, 443, -2);

        _measured.Should().Equal(
            "dnsaware.endpoints.lingering [{endpoint}] 2 server.address=HOST server.port=443",
            "dnsaware.endpoints.lingering [{endpoint}] -2 server.address=HOST server.port=443");
    }

    [Fact]
    public void FailedConnect_IsCountedWithItsAddress()
    {
        DnsAwareMetrics.ConnectFailed(_host, new IPEndPoint(IPAddress.Parse("10.0.0.1"), 8443));

        _measured.Should().Equal(
            "dnsaware.connect.failures [{failure}] 1 server.address=HOST server.port=8443 network.peer.address=10.0.0.1");
    }

    private void Note<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        if (text.Contains(_host, StringComparison.Ordinal))
        {
            _measured.Enqueue(
                string.Create(CultureInfo.InvariantCulture, $"{instrument.Name} [{instrument.Unit}] {value} {text.Replace(_host, "HOST")}"));
        }
    }
}
