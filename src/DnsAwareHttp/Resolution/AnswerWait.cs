using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution;

/// <summary>Waits for the answer of a resolver of the library, for a limited time. It is used again for later answers.</summary>
/// <remarks>
/// The answer and the end of the time may come at the same moment. The first that changes the state wakes the one that waits. After
/// anything but an answer in time, this object is not used again: the resolver may still have its token.
/// </remarks>
internal sealed class AnswerWait : IValueTaskSource<bool>, IDisposable
{
    private const int Waits = 0;
    private const int IsAnswered = 1;
    private const int IsOver = 2;
    private const int Idle = 3;

    private readonly NetworkDeadline _deadline;
    private readonly Action _onAnswer;
    private ManualResetValueTaskSourceCore<bool> _outcome;
    private ConfiguredValueTaskAwaitable<Answer>.ConfiguredValueTaskAwaiter _pending;
    private Answer? _answer;
    private Exception? _failure;
    private int _state = Idle;

    public AnswerWait(TimeProvider time, CancellationToken stopping)
    {
        _onAnswer = OnAnswer;
        _deadline = new NetworkDeadline(Timeout.InfiniteTimeSpan, time, stopping);
        _ = _deadline.Token.UnsafeRegister(static wait => ((AnswerWait)wait!).OnOver(), this);
    }

    /// <summary>Cancelled at the end of the time, and when all questions end.</summary>
    public CancellationToken Token => _deadline.Token;

    /// <inheritdoc cref="NetworkDeadline.Queueing"/>
    public TimeSpan Queueing => _deadline.Queueing;

    /// <summary>The time begins.</summary>
    public void Begin(TimeSpan time)
    {
        _deadline.Change(time);
        Interlocked.Exchange(ref _state, Waits);

        // A tick of an earlier use may have ended the deadline, which cannot begin again.
        if (_deadline.Token.IsCancellationRequested)
        {
            OnOver();
        }
    }

    /// <summary>Whether the answer came in time.</summary>
    public ValueTask<bool> ForAsync(ValueTask<Answer> answer)
    {
        ValueTask<bool> outcome = new(this, _outcome.Version);
        _pending = answer.ConfigureAwait(false).GetAwaiter();
        if (_pending.IsCompleted)
        {
            OnAnswer();
        }
        else
        {
            _pending.UnsafeOnCompleted(_onAnswer);
        }

        return outcome;
    }

    /// <summary>The answer that came in time. Throws what the resolver threw.</summary>
    public Answer? Answer()
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        return _answer;
    }

    /// <summary>The answer was used.</summary>
    /// <returns>Whether another one may be waited for with this object.</returns>
    public bool TryReset()
    {
        Interlocked.Exchange(ref _state, Idle);
        _deadline.Change(Timeout.InfiniteTimeSpan);
        _outcome.Reset();
        (_answer, _failure) = (null, null);
        return !_deadline.Token.IsCancellationRequested;
    }

    public void Dispose() => _deadline.Dispose();

    public bool GetResult(short token) => _outcome.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);

    private void OnAnswer()
    {
        try
        {
            _answer = _pending.GetResult();
        }
        catch (Exception exception)
        {
            _failure = exception;
        }

        _pending = default;
        if (Interlocked.CompareExchange(ref _state, IsAnswered, Waits) == Waits)
        {
            _outcome.RunContinuationsAsynchronously = false;
            _outcome.SetResult(true);
        }
    }

    private void OnOver()
    {
        if (Interlocked.CompareExchange(ref _state, IsOver, Waits) == Waits)
        {
            // A timer, or code that cancels, must not run what follows.
            _outcome.RunContinuationsAsynchronously = true;
            _outcome.SetResult(false);
        }
    }
}
