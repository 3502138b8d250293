using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A meter factory whose meters nobody else sees, and all that the runtime measured with them.</summary>
/// <remarks>Instead of MetricCollector, which hears one instrument: a comparison needs all that the runtime measures, in one list.</remarks>
internal sealed class RecordedMeters : IMeterFactory
{
    private readonly ConcurrentBag<Meter> _meters = [];
    private readonly ConcurrentQueue<string> _measurements = new();
    private readonly MeterListener _listener = new();
    private long _openConnections;

    public RecordedMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this && instrument.Meter.Name != "DnsAwareHttp")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "http.client.open_connections")
            {
                Interlocked.Add(ref _openConnections, value);
            }

            Record(instrument, value.ToString("+0;-0", CultureInfo.InvariantCulture), tags);
        });
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Record(instrument, "some time", tags));
        _listener.Start();
    }

    /// <summary>Those of the runtime that count connections as open.</summary>
    public long OpenConnections => Volatile.Read(ref _openConnections);

    /// <summary>Each measurement with its tags, in no order that depends on time.</summary>
    public IEnumerable<string> Measurements => _measurements.Order(StringComparer.Ordinal);

    public Meter Create(MeterOptions options)
    {
        Meter meter = new(new MeterOptions(options.Name) { Version = options.Version, Tags = options.Tags, Scope = this });
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Meter meter in _meters)
        {
            meter.Dispose();
        }
    }

    private void Record(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measurements.Enqueue($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))}");
}
