using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Listens to all meters, activities, diagnostics and events of HTTP, and keeps all traces of a freeze.</summary>
internal sealed class EveryListener : IDisposable
{
    private readonly ConcurrentQueue<string> _seen = new();
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _activities;
    private readonly HttpEvents _events;
    private readonly IDisposable _diagnostics;

    public EveryListener()
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            Look("instrument", instrument.Meter.Name);
            listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Look(instrument.Name, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Look(instrument.Name, tags));
        _meters.Start();
        _activities = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => Look(activity.OperationName, [.. activity.TagObjects]),
        };
        ActivitySource.AddActivityListener(_activities);
        _diagnostics = DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(
            source => source.Subscribe(new Observer<KeyValuePair<string, object?>>(happening => Look(happening.Key, happening.Value)))));
        _events = new HttpEvents(Look);
    }

    /// <summary>What named the request that freezes a handler, or its meter.</summary>
    public IEnumerable<string> Seen => _seen;

    public void Dispose()
    {
        _events.Dispose();
        _diagnostics.Dispose();
        _activities.Dispose();
        _meters.Dispose();
    }

    private void Look(string source, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            Look(source, tag.Value);
        }
    }

    private void Look(string source, object? value)
    {
        if (value?.ToString() is string text && (text.Contains("frozen.invalid", StringComparison.Ordinal) || text == "unheard"))
        {
            _seen.Enqueue($"{source}: {text}");
        }
    }

    private sealed class Observer<T>(Action<T> next) : IObserver<T>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(T value) => next(value);
    }

    private sealed class HttpEvents(Action<string, object?> look) : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.Http")
            {
                EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            foreach (object? value in eventData.Payload ?? [])
            {
                look(eventData.EventName ?? "event", value);
            }
        }
    }
}
