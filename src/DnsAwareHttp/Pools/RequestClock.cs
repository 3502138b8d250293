namespace DnsAwareHttp.Pools;

/// <summary>The time of the requests of one origin, where a policy compares latencies: other policies read no clock.</summary>
/// <param name="time">The clock.</param>
internal sealed class RequestClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly long _resolution = Math.Max(time.TimestampFrequency / 1000, 1);
    private readonly double _unit = 1.0 / time.TimestampFrequency;
    private long _latest;

    /// <summary>The time when a request was sent or answered last, to a millisecond: a pick reads no clock.</summary>
    public long Latest => Volatile.Read(ref _latest);

    /// <summary>The time since the start, in units of the clock.</summary>
    public long Read()
    {
        long now = time.GetTimestamp() - _start;
        if (now - Volatile.Read(ref _latest) >= _resolution)
        {
            Volatile.Write(ref _latest, now);
        }

        return now;
    }

    public double Seconds(long units) => units * _unit;
}
