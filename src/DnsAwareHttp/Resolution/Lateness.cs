namespace DnsAwareHttp.Resolution;

/// <summary>Notices that refreshes did not happen in time, because the process or the machine stood still.</summary>
/// <remarks>
/// Requests that come first after a pause would use answers that expired long ago. They ask here, at the cost of one look at the coarse
/// clock of the system: one request of each of its ticks looks at the time of day, which costs more than all the rest of its way.
/// It is the time of day: the steady clock of Linux does not count the time in which the machine was suspended. If the system's clock
/// is set forward, answers are asked for early, and that is all.
/// </remarks>
internal sealed class Lateness(TimeProvider time)
{
    /// <summary>A refresh that has not begun this long after its time is late. A busy machine is less late.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    // Longer than a request waits for an answer: StaleAnswerTimeout is at most 30 s.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(31);

    // An answer that a request waits for comes within this time, or late.
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(2);

    private readonly bool _hasTicks = time == TimeProvider.System;
    private long _lookedAt = long.MinValue;
    private volatile bool _wasPossible;
    private long _overdueAt = long.MaxValue;
    private long _noticedAt;

    /// <summary>The time of day in ticks.</summary>
    public long Now => time.GetUtcNow().UtcTicks;

    /// <summary>Whether some answer may be late. Each name then knows whether it is its own.</summary>
    public bool IsPossible()
    {
        long tick = _hasTicks ? Environment.TickCount64 : 0;
        if (_hasTicks && tick == Volatile.Read(ref _lookedAt))
        {
            return _wasPossible;
        }

        // In this order: a request of the same tick sees the tick only together with what was found.
        long now = Now;
        bool isPossible = Notice(now) || now - Volatile.Read(ref _noticedAt) < Aftermath.Ticks;
        _wasPossible = isPossible;
        Volatile.Write(ref _lookedAt, tick);
        return isPossible;
    }

    /// <summary>Whether a pause has just ended. Connections from before it are no reason to stay with an address that left.</summary>
    public bool WasPaused => Now - Volatile.Read(ref _noticedAt) < Unsettled.Ticks;

    /// <summary>When a refresh would be late that begins after this time, in ticks.</summary>
    public long OverdueAfter(TimeSpan wait) => SaturatingAdd(Now, SaturatingAdd(wait.Ticks, Margin.Ticks));

    /// <summary>The next refresh of any name begins after this time; null: no refresh is planned.</summary>
    public void OnPlanned(TimeSpan? wait)
    {
        _ = Notice(Now);
        Volatile.Write(ref _overdueAt, wait is TimeSpan next ? OverdueAfter(next) : long.MaxValue);
    }

    private bool Notice(long now)
    {
        if (now <= Volatile.Read(ref _overdueAt))
        {
            return false;
        }

        // The timer may run after the requests, or the clock of the timer may have stood still, too.
        Volatile.Write(ref _noticedAt, now);
        Volatile.Write(ref _overdueAt, now + Aftermath.Ticks);
        return true;
    }

    private static long SaturatingAdd(long one, long other) => one > long.MaxValue - other ? long.MaxValue : one + other;
}
