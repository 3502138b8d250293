namespace DnsAwareHttp.Resolution;

/// <summary>The time of day, unaffected by changes of the system's clock.</summary>
/// <remarks>TTLs and timeouts neither end early nor stand still when the system's time jumps.</remarks>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    public TimeProvider Provider => time;

    public DateTimeOffset Now => _startedAt + time.GetElapsedTime(_started);
}
