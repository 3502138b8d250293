using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>
/// Samples a pool a few times a second while requests flow: the slow start, requests without an answer, idleness.
/// </summary>
/// <param name="startsSlowly">Whether the pool joined others that are warm: it reaches its full share within ten seconds from its first
/// connection.</param>
/// <param name="now">When the pool was made.</param>
internal sealed class PoolSampler(bool startsSlowly, DateTimeOffset now)
{
    /// <summary>From so many failures on, in about a quarter of a second, the pool is pressed.</summary>
    private const int MuchPressure = 3;

    private volatile float _warmth = startsSlowly ? SlowStart.FirstShare : 1;
    private volatile float _share = startsSlowly ? SlowStart.FirstShare : 1;
    private int _pressure;
    private volatile RecentTraffic _traffic = new(0, now);
    private long _lastBusy = now.UtcTicks;
    private long _answeredBefore;
    private long _totalBefore;

    /// <summary>
    /// The share that the pool takes of what would fall to it: less than 1 while it is new beside warm ones, and for a moment after
    /// failures.
    /// </summary>
    public float Share => _share;

    /// <summary>Whether more than single requests failed of late.</summary>
    public bool IsPressed => Volatile.Read(ref _pressure) >= MuchPressure;

    /// <summary>Whether the slow start is over.</summary>
    public bool IsWarm => _warmth == 1;

    /// <summary>Requests failed, or the server asks for less. A failure that comes at once must not attract more requests.</summary>
    /// <remarks>After n of them the share is 1 / (n + 1). Each sample halves n: a single one is forgotten with the next sample.</remarks>
    public void Press(int more)
    {
        Interlocked.Add(ref _pressure, more);
        UpdateShare();
    }

    /// <summary>The requests of late, by the latest sample.</summary>
    public RecentTraffic Traffic => _traffic;

    /// <summary>Whether a request came between the latest two samples.</summary>
    public bool WasUsed { get; private set; }

    /// <summary>Takes a sample. For one caller at a time.</summary>
    /// <returns>Whether requests wait, and no answer came since the last sample.</returns>
    public bool Sample(EndpointPool pool, DateTimeOffset now)
    {
        if (_share < 1)
        {
            // Failures at this very moment may be lost: the next ones count.
            Volatile.Write(ref _pressure, Volatile.Read(ref _pressure) / 2);
            _warmth = _warmth < 1 ? SlowStart.ShareOf(pool.Health, now) : 1;
            UpdateShare();
        }

        pool.Outcomes.Latency.TimeNext();
        long total = pool.TotalRequests;
        pool.Outcomes.Timing?.Sample(total - _totalBefore);
        WasUsed = total != _totalBefore;
        if (WasUsed)
        {
            _traffic = _traffic.After(total - _totalBefore, now);
        }

        _totalBefore = total;
        long answered = pool.TotalRequests - pool.ActiveRequests;
        bool stalls = pool.ActiveRequests > 0 && answered == _answeredBefore;
        _answeredBefore = answered;
        return stalls;
    }

    /// <summary>For how long the pool had neither a connection nor a request.</summary>
    public TimeSpan IdleFor(bool isBusy, DateTimeOffset now)
    {
        if (isBusy)
        {
            MarkBusy(now);
        }

        return TimeSpan.FromTicks(now.UtcTicks - Volatile.Read(ref _lastBusy));
    }

    private void UpdateShare() => _share = _warmth / (1 + Volatile.Read(ref _pressure));

    public void MarkBusy(DateTimeOffset now) => Volatile.Write(ref _lastBusy, now.UtcTicks);
}
