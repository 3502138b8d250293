using System.Diagnostics.Metrics;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Diagnostics;

/// <summary>Tags that are made once, and measurements with them.</summary>
/// <remarks>
/// While no listener wants an instrument, a measurement is one look at it. The listeners are code of the application: they are told under
/// no lock, and an exception ends here.
/// </remarks>
internal sealed class TagSet(params KeyValuePair<string, object?>[] tags)
{
    public KeyValuePair<string, object?>[] All => tags;

    /// <summary>These tags, and others.</summary>
    public TagSet With(params ReadOnlySpan<KeyValuePair<string, object?>> more) => new([.. tags, .. more]);

    /// <summary>These tags, and one more.</summary>
    public TagSet With(string name, object? value) => new([.. tags, Tags.Of(name, value)]);

    /// <summary>Counts. The call allocates nothing, so each request may make it.</summary>
    public void Count(Counter<long>? counter)
    {
        if (counter is { Enabled: true })
        {
            ApplicationCode.Tell(static entry => entry.counter.Add(1, entry.tags), (counter, tags));
        }
    }

    /// <summary>Counts with more tags. Nothing is told where there is nothing to count.</summary>
    public void Count(Counter<long>? counter, long value, params ReadOnlySpan<KeyValuePair<string, object?>> more)
    {
        if (value != 0 && counter is { Enabled: true })
        {
            KeyValuePair<string, object?>[] all = [.. tags, .. more];
            ApplicationCode.Tell(static entry => entry.counter.Add(entry.value, entry.all), (counter, value, all));
        }
    }

    /// <summary>Records a duration in seconds.</summary>
    public void Record(Histogram<double>? histogram, TimeSpan duration, params ReadOnlySpan<KeyValuePair<string, object?>> more)
    {
        if (histogram is { Enabled: true })
        {
            KeyValuePair<string, object?>[] all = [.. tags, .. more];
            ApplicationCode.Tell(
                static entry => entry.histogram.Record(entry.duration.TotalSeconds, entry.all), (histogram, duration, all));
        }
    }
}
