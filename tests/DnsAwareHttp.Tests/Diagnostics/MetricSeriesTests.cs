using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using DnsAwareHttp.Tests.Sending;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Diagnostics;

/// <summary>Neither addresses that come and go nor names that outsiders choose make series without end.</summary>
public sealed class MetricSeriesTests(ITestOutputHelper output)
{
    private const int Many = 10_000;

    [Fact]
    public async Task TenThousandAddressesThatComeAndGo_LeaveTwelveSeriesPerOriginAtMost()
    {
        await using ClusterBench bench = new();
        OriginCluster cluster = bench.Open(AddressOf(0), AddressOf(1));
        await Eventually.Holds(() => cluster.HasEndpoints, "the first answer");
        OneCluster source = new(cluster);
        DnsAwareMetrics.Of(bench.Meters).Observe(source);
        DnsAwareMetrics.Of(bench.Meters).Observe(bench.Drainer);
        for (int i = 2; i < Many; i += 50)
        {
            bench.Dns.Says("svc.test", 30, [.. Enumerable.Range(i, Math.Min(50, Many - i)).Select(AddressOf)]);
            await bench.Refresh(cluster);
            bench.Meters.Look("dnsaware.endpoint.count");
        }

        await Eventually.Holds(() => bench.Meters.Sum("dnsaware.membership.change.count", "membership.change=joined") == Many, "all came");
        string[] series = [.. bench.Meters.Series.Where(static series => series.Contains("server.address", StringComparison.Ordinal))];
        output.WriteLine($"{series.Length} series:\n{string.Join('\n', series)}");
        GC.KeepAlive(source);
        series.Length.Should().BeLessThanOrEqualTo(12);
        series.Should().NotContain(static one => one.Contains("10.0.", StringComparison.Ordinal));
    }

    [Fact]
    public void TenThousandOrigins_HaveAThousandSeriesAndOneOther()
    {
        using MeasuredMeters meters = new();
        DnsAwareMetrics metrics = DnsAwareMetrics.Of(meters);
        for (int i = 0; i < Many; i++)
        {
            metrics.OriginOf($"host{i}.test", 80).OnJoined();
        }

        meters.Series.Should().HaveCount(DnsAwareMetrics.MaxNames + 1);
        meters.Series.Should().Contain("dnsaware.membership.change.count server.address=_OTHER dnsaware.membership.change=joined");
        meters.Sum("dnsaware.membership.change.count", "membership.change=joined").Should().Be(Many, "each is counted");
    }

    [Fact]
    public void TenThousandNames_HaveAThousandSeriesAndOneOther()
    {
        using MeasuredMeters meters = new();
        DnsAwareMetrics metrics = DnsAwareMetrics.Of(meters);
        for (int i = 0; i < Many; i++)
        {
            metrics.LookedUp($"host{i}.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.Zero), TimeSpan.Zero);
        }

        meters.Series.Should().HaveCount(DnsAwareMetrics.MaxNames + 1);
        meters.TagsOf("dnsaware.lookup.duration")[^1].Should().Be("dns.question.name=_OTHER lookup.outcome=nxdomain lookup.source=other");
    }

    [Fact]
    public void TenThousandAddresses_WhereTheyAreTags_HaveAThousandSeriesAndOneOther()
    {
        using MeasuredMeters meters = new();
        OriginMetrics origin = DnsAwareMetrics.Of(meters).OriginOf("svc.test", 80);
        for (int i = 0; i < Many; i++)
        {
            origin.EndpointOf(new IPEndPoint(IPAddress.Parse(AddressOf(i)), 80), isTagged: true).OnAnswered(isNew: true);
        }

        meters.Series.Should().HaveCount(DnsAwareMetrics.MaxNames + 1);
        meters.TagsOf("dnsaware.request.count")[^1].Should().Be("network.peer.address=_OTHER connection.state=new");
    }

    private sealed class OneCluster(OriginCluster cluster) : IMetricSource
    {
        public void AddTo(MetricSurvey survey) => cluster.AddTo(survey);
    }

    private static string AddressOf(int number) => $"10.0.{number / 250}.{(number % 250) + 1}";
}
