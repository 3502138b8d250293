using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A meter factory of one test, and all that the library measured with it. Tests beside it do not count here.</summary>
internal sealed class MeasuredMeters : IMeterFactory
{
    private readonly ConcurrentQueue<(string Name, double Value, string Tags)> _measured = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Instrument> _instruments = new();

    public MeasuredMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this && instrument.Meter.Name == DnsAwareMetrics.MeterName)
            {
                _instruments.Enqueue(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    public ConcurrentQueue<Meter> Meters { get; } = new();

    public IEnumerable<Instrument> Instruments => _instruments;

    /// <summary>The series so far: instruments with their tags.</summary>
    public IReadOnlyCollection<string> Series => [.. _measured.Select(measured => $"{measured.Name} {measured.Tags}").Distinct()];

    public Meter Create(MeterOptions options)
    {
        Meter meter = new(new MeterOptions(options.Name) { Version = options.Version, Tags = options.Tags, Scope = this });
        Meters.Enqueue(meter);
        return meter;
    }

    /// <summary>The measurements of an instrument so far, as the value and the tags without the origin.</summary>
    public string[] Of(string name) =>
        [.. _measured.Where(measured => measured.Name == name).Select(measured => Text(measured.Value, measured.Tags))];

    /// <summary>The tags of the measurements of an instrument so far, without the origin.</summary>
    public string[] TagsOf(string name) => [.. _measured.Where(measured => measured.Name == name).Select(measured => Short(measured.Tags))];

    /// <summary>The sum of a counter for some tags, without the origin.</summary>
    public double Sum(string name, string tags = "") =>
        _measured.Where(measured => measured.Name == name && Short(measured.Tags) == tags).Sum(measured => measured.Value);

    /// <summary>What an observable instrument tells now.</summary>
    public string[] Look(string name)
    {
        int before = _measured.Count;
        _listener.RecordObservableInstruments();
        return [.. _measured.Skip(before).Where(measured => measured.Name == name).Select(measured => Text(measured.Value, measured.Tags))];
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Meter meter in Meters)
        {
            meter.Dispose();
        }
    }

    private static string Text(double value, string tags) => string.Create(CultureInfo.InvariantCulture, $"{value} {Short(tags)}").TrimEnd();

    private static string Short(string tags) => string.Join(' ', tags.Split(' ')
        .Where(tag => !tag.StartsWith("server.", StringComparison.Ordinal)).Select(tag => tag.Replace("dnsaware.", "", StringComparison.Ordinal)));

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
}
