using DnsAwareHttp.Concurrency;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution;

/// <summary>Knows when the next question about each name is due. One queue and one timer serve all names.</summary>
internal sealed class RefreshSchedule : IDisposable
{
    // Superseded plans stay in the queue until they are due, or until more of them than this, and than plans that hold, are in it.
    private const int MaxSuperseded = 64;

    private readonly OrderedLock _lock = new(LockRank.Schedule);
    private readonly PriorityQueue<CacheEntry, DateTimeOffset> _queue = new();
    private readonly SteadyClock _clock;
    private readonly Action<CacheEntry> _due;
    private readonly ITimer _timer;
    private DateTimeOffset _timerDue = DateTimeOffset.MaxValue;
    private int _planned;
    private bool _stopped;

    /// <param name="clock">The clock.</param>
    /// <param name="logger">Receives a failure of <paramref name="due"/>.</param>
    /// <param name="due">Called without a lock for each name that is due, which is no longer planned then.</param>
    public RefreshSchedule(SteadyClock clock, ILogger logger, Action<CacheEntry> due)
    {
        (_clock, _due) = (clock, due);
        Lateness = new Lateness(clock.Provider);
        _timer = Background.CreateTimer(
            clock.Provider, "the refresh timer", logger, this, static schedule => schedule.OnTimer(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the timer is late.</summary>
    public Lateness Lateness { get; }

    /// <summary>Names whose next question is planned.</summary>
    public int Planned => Volatile.Read(ref _planned);

    /// <summary>Entries in the queue, superseded ones among them, for tests of the bound.</summary>
    internal int Length
    {
        get
        {
            using (_lock.Enter())
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Plans the next question about a name, unless an earlier one is planned.</summary>
    /// <returns>Whether it was planned.</returns>
    public bool Plan(CacheEntry entry, DateTimeOffset due)
    {
        using (_lock.Enter())
        {
            if (due >= entry.Due || _stopped)
            {
                return false;
            }

            _planned += entry.Due == DateTimeOffset.MaxValue ? 1 : 0;
            entry.Due = due;
            _queue.Enqueue(entry, due);
            DropSuperseded_NeedsLock();
            SetTimer_NeedsLock();
            return true;
        }
    }

    /// <summary>Plans nothing about a name any more.</summary>
    public void Forget(CacheEntry entry)
    {
        using (_lock.Enter())
        {
            if (entry.Due != DateTimeOffset.MaxValue)
            {
                entry.Due = DateTimeOffset.MaxValue;
                _planned--;
                DropSuperseded_NeedsLock();
            }
        }
    }

    public void Dispose()
    {
        using (_lock.Enter())
        {
            _stopped = true;
        }

        _timer.Dispose();
    }

    private void OnTimer()
    {
        foreach (CacheEntry entry in TakeDue())
        {
            _due(entry);
        }
    }

    private List<CacheEntry> TakeDue()
    {
        List<CacheEntry> due = [];
        using (_lock.Enter())
        {
            DateTimeOffset now = _clock.Now;
            _timerDue = DateTimeOffset.MaxValue;
            while (_queue.TryPeek(out CacheEntry? entry, out DateTimeOffset at) && at <= now)
            {
                _queue.Dequeue();

                // A name that was planned again earlier is in the queue twice. Only the plan that holds counts.
                if (entry.Due == at)
                {
                    entry.Due = DateTimeOffset.MaxValue;
                    _planned--;
                    due.Add(entry);
                }
            }

            Lateness.OnPlanned(null);
            SetTimer_NeedsLock();
        }

        return due;
    }

    private void DropSuperseded_NeedsLock()
    {
        _lock.AssertHeld();
        if (_queue.Count <= (2 * _planned) + MaxSuperseded)
        {
            return;
        }

        (CacheEntry Entry, DateTimeOffset At)[] holding =
            [.. _queue.UnorderedItems.Where(static item => item.Element.Due == item.Priority).Distinct()];
        _queue.Clear();
        _queue.EnqueueRange(holding);
    }

    private void SetTimer_NeedsLock()
    {
        _lock.AssertHeld();
        DateTimeOffset next = _queue.TryPeek(out _, out DateTimeOffset at) ? at : DateTimeOffset.MaxValue;
        if (next != _timerDue && next != DateTimeOffset.MaxValue)
        {
            _timerDue = next;
            TimeSpan wait = next - _clock.Now;
            Lateness.OnPlanned(wait);
            _timer.Change(wait > TimeSpan.Zero ? RoundUp(wait) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    // Timers tick in whole milliseconds and round down: a timer that fires a moment early would find nothing due.
    private static TimeSpan RoundUp(TimeSpan wait) =>
        TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue));
}
