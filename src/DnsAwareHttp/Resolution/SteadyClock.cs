namespace DnsAwareHttp.Resolution;

/// <summary>The time of day as it would be had nobody set the clock: TTLs and timeouts neither end early nor stand still when the system's time jumps.</summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    public TimeProvider Provider => time;

    public DateTimeOffset Now => _startedAt + time.GetElapsedTime(_started);
}
