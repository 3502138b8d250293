using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Endpoints;

/// <summary>
/// The time for which members stay after an answer that has nothing usable (<see cref="DnsAwareOptions.EmptyAnswerGrace"/>).
/// </summary>
/// <param name="scope">The origin.</param>
/// <param name="sync">The origin's lock.</param>
/// <param name="over">Called under the lock when the time is over.</param>
internal sealed class GracePeriod(OriginScope scope, OrderedLock sync, Action<DepartureReason, string> over)
{
    private ITimer? _timer;
    private int _round;

    public bool IsRunning => _timer is not null;

    /// <summary>Begins, unless it has begun. Without a grace it is over at once.</summary>
    public void Begin_NeedsLock(DepartureReason reason, string detail)
    {
        sync.AssertHeld();
        TimeSpan grace = scope.Options.EmptyAnswerGrace;
        if (_timer is null && grace == TimeSpan.Zero)
        {
            over(reason, detail);
        }
        else if (_timer is null)
        {
            int round = ++_round;
            _timer = Background.CreateTimer(
                scope.Clock.Provider, "the empty-answer grace", scope.Logger, this, period => period.OnTimer(round, reason, detail),
                grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>An address came back, or the origin closes.</summary>
    public void End_NeedsLock()
    {
        sync.AssertHeld();
        _timer?.Dispose();
        _timer = null;
    }

    private void OnTimer(int round, DepartureReason reason, string detail)
    {
        using (sync.Enter())
        {
            // A usable answer may have ended it meanwhile, and the next answer may have begun another one.
            if (_timer is not null && round == _round)
            {
                End_NeedsLock();
                over(reason, $"{detail}, for {scope.Options.EmptyAnswerGrace.TotalSeconds:0.#} s");
            }
        }
    }
}
