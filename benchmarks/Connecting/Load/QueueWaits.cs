using System.Diagnostics.Metrics;

namespace Connecting.Load;

/// <summary>Counts the requests that waited for a connection, or for a stream, as the runtime measures it. Probes do not count.</summary>
internal sealed class QueueWaits : IDisposable
{
    private static readonly AsyncLocal<bool> IsOfARequest = new();

    private readonly MeterListener _listener = new();
    private int _ofRequests;

    public QueueWaits()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "http.client.request.time_in_queue")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            if (IsOfARequest.Value)
            {
                Interlocked.Increment(ref _ofRequests);
            }
        });
        _listener.Start();
    }

    public int OfRequests => Volatile.Read(ref _ofRequests);

    /// <summary>What the caller sends from now on are requests. The library's own work has no such mark, its probes among it.</summary>
    public static void Mark() => IsOfARequest.Value = true;

    public void Dispose() => _listener.Dispose();
}
