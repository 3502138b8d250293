using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Sending;

/// <summary>Has the origins of a handler sample their endpoints: one queue and one timer for all of them.</summary>
/// <remarks>
/// An origin has no timer of its own, which it would keep while it is at rest. All wait equally long, so the queue is in order. Without
/// requests it is empty, and the timer does not run.
/// </remarks>
internal sealed class SampleTimer
{
    /// <summary>The time between a request and the sample of its origin. Samples in turn are as far apart.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Samples that are due this soon after another are taken together with it, up to this much late.</summary>
    public static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(25);

    private readonly OrderedLock _lock = new(LockRank.Samples);
    private readonly Queue<(Action Sample, DateTimeOffset Due)> _queue = new();
    private readonly SteadyClock _clock;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private bool _isSet;

    public SampleTimer(SteadyClock clock, ILogger logger)
    {
        (_clock, _logger) = (clock, logger);
        _timer = Background.CreateTimer(
            clock.Provider, "the samples of the endpoints", logger, this, static samples => samples.OnTimer(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a sample after <see cref="Interval"/>, once.</summary>
    public void Plan(Action sample)
    {
        using (_lock.Enter())
        {
            _queue.Enqueue((sample, _clock.Now + Interval));
            if (!_isSet)
            {
                _isSet = _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Takes no sample any more.</summary>
    public void End() => _timer.Dispose();

    // A sample that takes long holds up no other one: the timer is set again before it, and another thread goes on with the rest.
    private void OnTimer()
    {
        using (_lock.Enter())
        {
            _isSet = false;
        }

        while (TakeDue() is Action sample)
        {
            try
            {
                sample();
            }
            catch (Exception exception)
            {
                _logger.BackgroundThrew("the sample of the endpoints", exception);
            }
        }
    }

    private Action? TakeDue()
    {
        using (_lock.Enter())
        {
            DateTimeOffset now = _clock.Now;
            Action? due = null;
            if (_queue.TryPeek(out (Action Sample, DateTimeOffset Due) head) && head.Due <= now)
            {
                due = _queue.Dequeue().Sample;
            }

            if (!_isSet && _queue.TryPeek(out head))
            {
                TimeSpan wait = head.Due - now;
                _isSet = _timer.Change(wait > Grain ? wait : Grain, Timeout.InfiniteTimeSpan);
            }

            return due;
        }
    }
}
