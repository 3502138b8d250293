using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Sending;

/// <summary>When requests came to an origin, and how many wait for an answer or a connection.</summary>
/// <param name="now">When the origin was opened.</param>
/// <param name="metrics">Measures the waits; null: they are not measured.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class OriginUsage(DateTimeOffset now, OriginMetrics? metrics = null, TimeProvider? time = null)
{
    private long _lastUsed = now.UtcTicks;
    private volatile bool _wasUsed;
    private int _waiting;

    /// <summary>Whether a request waits for an answer or a connection.</summary>
    public bool HasWaiting => WaitingRequests > 0;

    /// <summary>Requests that wait for an answer or a connection.</summary>
    public int WaitingRequests => Volatile.Read(ref _waiting);

    /// <summary>Whether a request came since the last <see cref="Sample"/>.</summary>
    public bool WasUsed => _wasUsed;

    /// <summary>
    /// A request came. Only the first one after a sample writes. A timestamp for each request would be the most expensive part of its way.
    /// </summary>
    /// <returns>Whether it is the first one since the last <see cref="Sample"/>.</returns>
    public bool Mark()
    {
        if (_wasUsed)
        {
            return false;
        }

        _wasUsed = true;
        return true;
    }

    /// <summary>Whether a request came since the last sample.</summary>
    public bool Sample(DateTimeOffset now)
    {
        if (!_wasUsed)
        {
            return false;
        }

        // In this order: a reader between the two sees a use, not the time of an earlier one.
        Volatile.Write(ref _lastUsed, now.UtcTicks);
        _wasUsed = false;
        return true;
    }

    /// <summary>When a request last came, to within the time between samples.</summary>
    public DateTimeOffset LastUsed(DateTimeOffset now) => _wasUsed ? now : new DateTimeOffset(Volatile.Read(ref _lastUsed), TimeSpan.Zero);

    /// <summary>A request waits until the result is disposed.</summary>
    /// <param name="isForDns">Whether it waits for an answer, and not for a connection.</param>
    public Waiting Wait(bool isForDns)
    {
        Interlocked.Increment(ref _waiting);
        return new Waiting(this, isForDns);
    }

    internal readonly struct Waiting(OriginUsage usage, bool isForDns) : IDisposable
    {
        private readonly long _began = usage.Timestamp;

        public void Dispose()
        {
            Interlocked.Decrement(ref usage._waiting);
            usage.OnWaited(isForDns, _began);
        }
    }

    private long Timestamp => time?.GetTimestamp() ?? 0;

    private void OnWaited(bool isForDns, long began)
    {
        if (metrics is not null && time is not null)
        {
            metrics.OnWaited(isForDns, time.GetElapsedTime(began));
        }
    }
}
