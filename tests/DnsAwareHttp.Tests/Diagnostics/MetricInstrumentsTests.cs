using System.Diagnostics.Metrics;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.House;

namespace DnsAwareHttp.Tests.Diagnostics;

/// <summary>The names after OpenTelemetry's guide, and the table of docs/observability.md.</summary>
public sealed class MetricInstrumentsTests : IDisposable
{
    private readonly MeasuredMeters _meters = new();

    public MetricInstrumentsTests() => DnsAwareMetrics.Of(_meters);

    public void Dispose() => _meters.Dispose();

    [Fact]
    public void EachInstrument_IsInTheTableOfThePage()
    {
        string[] page = File.ReadAllLines(Path.Combine(SourceTree.House, "..", "..", "..", "docs", "observability.md"));

        foreach (Instrument instrument in _meters.Instruments)
        {
            page.Should().Contain(line => line.StartsWith($"| `{instrument.Name}` |", StringComparison.Ordinal)
                && line.Contains($", {instrument.Unit} |", StringComparison.Ordinal), instrument.Name);
        }
    }

    [Fact]
    public void EachName_BelongsToTheLibraryAndIsNoPlural() =>
        _meters.Instruments.Select(static instrument => instrument.Name).Should().NotBeEmpty()
            .And.OnlyContain(static name => name.StartsWith("dnsaware.", StringComparison.Ordinal) && !name.Any(char.IsUpper) && !name.EndsWith('s'));

    [Fact]
    public void EachDuration_IsInSecondsWithBuckets()
    {
        Histogram<double>[] durations = [.. _meters.Instruments.OfType<Histogram<double>>()];

        durations.Should().HaveCount(6).And.OnlyContain(static duration => duration.Unit == "s");
        durations.Should().OnlyContain(static duration => duration.Advice!.HistogramBucketBoundaries!.SequenceEqual(duration.Advice.HistogramBucketBoundaries!.Order()));
    }

    [Fact]
    public void ListenerThatThrowsAtOneInstrument_CostsThatInstrument()
    {
        using ThrowingFactory factory = new();

        MetricInstruments instruments = DnsAwareMetrics.Of(factory).Instruments!;

        instruments.MisdirectedRequests.Should().BeNull();
        instruments.Requests.Should().NotBeNull();
        DnsAwareMetrics.Of(factory).OriginOf("svc.test", 80).OnMisdirected();
    }

    private sealed class ThrowingFactory : IMeterFactory
    {
        private readonly MeterListener _listener = new();
        private Meter? _meter;

        public Meter Create(MeterOptions options)
        {
            _meter = new Meter(new MeterOptions(options.Name) { Scope = this });
            _listener.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Scope == this && instrument.Name == "dnsaware.request.misdirected.count")
                {
                    throw new InvalidOperationException("the listener fails");
                }
            };
            _listener.Start();
            return _meter;
        }

        public void Dispose()
        {
            _listener.Dispose();
            _meter?.Dispose();
        }
    }
}
