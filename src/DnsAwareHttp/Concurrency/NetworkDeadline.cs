namespace DnsAwareHttp.Concurrency;

/// <summary>Ends a wait for the network after a time. Time in which the thread pool had no thread to spare does not count.</summary>
/// <remarks>
/// <para>The runtime's timers go before all other work of the pool. While work waits for a thread, a plain timeout comes before the answer
/// that it waits for, although that arrived long ago.</para>
/// <para>This one takes its place behind the work that waits already. If the place is long in coming, what arrived meanwhile needs
/// threads, too: the wait goes on for as long again, <see cref="MaxExtensions"/> times at most.</para>
/// </remarks>
internal sealed class NetworkDeadline : IDisposable
{
    /// <summary>A wait that was prolonged so often ends.</summary>
    public const int MaxExtensions = 8;

    /// <summary>If work waits for a thread for longer than this, the pool is exhausted.</summary>
    public static readonly TimeSpan MaxQueueing = TimeSpan.FromMilliseconds(500);

    // Timers count whole milliseconds, and may be early by a part of one.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenRegistration _caller;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private TimeSpan _wait;
    private long _since;
    private int _extensions;
    private volatile bool _isDisposed;

    /// <param name="wait">The time; infinite: <see cref="Change"/> sets one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="caller">Ends the wait, too, and at once.</param>
    public NetworkDeadline(TimeSpan wait, TimeProvider time, CancellationToken caller = default)
    {
        (_wait, _time, _since) = (wait, time, time.GetTimestamp());
        using (FlowSuppression.Begin())
        {
            _timer = time.CreateTimer(static deadline => ((NetworkDeadline)deadline!).OnTimer(), this, wait, Timeout.InfiniteTimeSpan);
        }

        _caller = caller.UnsafeRegister(static deadline => ((NetworkDeadline)deadline!).End(), this);
    }

    /// <summary>Cancelled when the wait ends.</summary>
    public CancellationToken Token => _ended.Token;

    /// <summary>How long work waited for a thread of the pool, at worst; zero if that was no trouble.</summary>
    public TimeSpan Queueing { get; private set; }

    /// <summary>Sets another time, from now; infinite: the wait goes on until it has one.</summary>
    public void Change(TimeSpan wait)
    {
        (_wait, _since, _extensions, Queueing) = (wait, _time.GetTimestamp(), 0, TimeSpan.Zero);
        _ = _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends the wait now.</summary>
    public void End()
    {
        try
        {
            _ended.Cancel();
        }
        catch (AggregateException)
        {
            // A registration failed. That must not end the process.
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _timer.Dispose();
        _caller.Dispose();
    }

    private void OnTimer()
    {
        // Not in the queue of this thread, which goes before the common one. Two clocks: that of a test may jump, and stands for no queue.
        _ = ThreadPool.UnsafeQueueUserWorkItem(
            static turn => turn.Deadline.OnTurn(turn.At, turn.Real),
            (Deadline: this, At: _time.GetTimestamp(), Real: TimeProvider.System.GetTimestamp()),
            preferLocal: false);
    }

    private void OnTurn(long at, long real)
    {
        if (_isDisposed || _wait == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        // A tick that was under way when the time was changed.
        TimeSpan left = _wait - _time.GetElapsedTime(_since, at);
        if (left > Tick)
        {
            _ = _timer.Change(left, Timeout.InfiniteTimeSpan);
            return;
        }

        TimeSpan queueing = Min(_time.GetElapsedTime(at), TimeProvider.System.GetElapsedTime(real));
        if (queueing > MaxQueueing)
        {
            Queueing = queueing > Queueing ? queueing : Queueing;
            if (_extensions++ < MaxExtensions)
            {
                _since = _time.GetTimestamp();
                _ = _timer.Change(_wait, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        End();
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
