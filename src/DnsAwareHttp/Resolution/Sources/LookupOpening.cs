using System.Threading.Tasks.Sources;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The first moment of a lookup: one question, or one for each family, to the first server.</summary>
/// <remarks>
/// <para>Nearly each lookup ends in it. Two plain replies are an answer. Then no task, no timer and no chain of methods was made, and this
/// object is used again. After all else (a reply that is late, a refusal, an alias to follow) <see cref="DnsLookup"/> goes on with the same
/// questions, and this object is not used again.</para>
/// <para>Replies, the deadline and the caller's cancellation may come at the same time. The one that sets the bit that was missing in the
/// state wakes the lookup.</para>
/// </remarks>
internal sealed class LookupOpening : IValueTaskSource, IDisposable
{
    /// <summary>The time that this moment has.</summary>
    public static readonly TimeSpan MaxLength = QuestionPlaces.FreshFor;

    private const int All = 3;
    private const int Over = 4;

    private readonly OpenedQuestion[] _questions;
    private readonly NetworkDeadline _deadline;
    private readonly TimeProvider _time;
    private ManualResetValueTaskSourceCore<bool> _settled;
    private CancellationTokenRegistration _caller;
    private CancellationTokenRegistration _stop;
    private int _state = All | Over;
    private int _all = All;
    private int _isSent;
    private TimeSpan _length;

    public LookupOpening(TimeProvider timeProvider)
    {
        _time = timeProvider;
        _questions = [new OpenedQuestion(this, timeProvider, new()), new OpenedQuestion(this, timeProvider, new())];
        _deadline = new NetworkDeadline(Timeout.InfiniteTimeSpan, timeProvider);
        _ = _deadline.Token.UnsafeRegister(static opening => ((LookupOpening)opening!).End(), this);
    }

    /// <summary>When the first address was known, while the other family was not answered.</summary>
    public long? FoundAt { get; private set; }

    /// <summary>When it began.</summary>
    public long BeganAt { get; private set; }

    /// <summary>How it asks.</summary>
    public DnsSettings Current { get; private set; } = null!;

    /// <summary>The question, or that about the first family.</summary>
    public DnsQuery FirstQuery { get; private set; } = null!;

    /// <summary>The question about the second family; null for one question.</summary>
    public DnsQuery? SecondQuery { get; private set; }

    public OpenedQuestion First => _questions[0];

    public OpenedQuestion Second => _questions[1];

    /// <summary>Whether it is about both families.</summary>
    public bool IsAboutBoth => _all == All;

    /// <summary>Whether all questions were answered in time.</summary>
    public bool IsAnswered => (Volatile.Read(ref _state) & (_all | Over)) == _all;

    /// <summary>Completes when all questions are answered, or when that takes long.</summary>
    public ValueTask Settled => new(this, _settled.Version);

    /// <summary>Asks.</summary>
    /// <param name="servers">Sends a question, or cannot send it now.</param>
    /// <param name="current">How to ask.</param>
    /// <param name="queries">The question, or one for each family.</param>
    /// <param name="caller">Ends the wait.</param>
    /// <param name="stopping">Ends the wait, too.</param>
    public void Begin(
        HedgedQuery servers, DnsSettings current, (DnsQuery First, DnsQuery? Second) queries,
        CancellationToken caller, CancellationToken stopping)
    {
        (Current, FirstQuery, SecondQuery) = (current, queries.First, queries.Second);
        (_all, FoundAt, BeganAt) = (SecondQuery is null ? 1 : All, null, _time.GetTimestamp());
        _length = current.Timeout < MaxLength ? current.Timeout : MaxLength;
        _isSent = 0;
        Interlocked.Exchange(ref _state, 0);
        bool isOpen = servers.TryOpen(First, FirstQuery, current) && (SecondQuery is null || servers.TryOpen(Second, SecondQuery, current));

        // A tick of an earlier use may have ended the deadline, which cannot begin again.
        if (!isOpen || _deadline.Token.IsCancellationRequested)
        {
            End();
        }

        _caller = caller.UnsafeRegister(static deadline => ((NetworkDeadline)deadline!).End(), _deadline);
        _stop = stopping.UnsafeRegister(static deadline => ((NetworkDeadline)deadline!).End(), _deadline);
    }

    /// <summary>Nothing of this object is used after it.</summary>
    /// <returns>Whether another lookup may begin with this object.</returns>
    public bool TryReset()
    {
        Leave();
        Interlocked.Exchange(ref _state, All | Over);
        _deadline.Change(Timeout.InfiniteTimeSpan);
        _settled.Reset();
        bool isFirstReset = First.TryReset();
        return Second.TryReset() && isFirstReset && !_deadline.Token.IsCancellationRequested;
    }

    /// <summary>Only its questions are used after it, by the lookup that goes on with them.</summary>
    public void Dispose()
    {
        Leave();
        _deadline.Dispose();
    }

    public void GetResult(short token) => _settled.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _settled.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _settled.OnCompleted(continuation, state, token, flags);

    /// <summary>A question is sent. The time counts from the first of them.</summary>
    public void OnSent()
    {
        if (Interlocked.Exchange(ref _isSent, 1) == 0)
        {
            BeganAt = _time.GetTimestamp();
            _deadline.Change(_length);
        }
    }

    /// <summary>A question is answered.</summary>
    public void OnReply(OpenedQuestion question)
    {
        if (question.Reply is DnsReply.Records && IsAboutBoth && Volatile.Read(ref _state) == 0)
        {
            FoundAt = _time.GetTimestamp();
            TimeSpan left = _length - _time.GetElapsedTime(BeganAt);
            _deadline.Change(left < TimeSpan.Zero ? TimeSpan.Zero : left < DnsLookup.ResolutionDelay ? left : DnsLookup.ResolutionDelay);
        }

        int bit = question == First ? 1 : 2;
        int before = Interlocked.Or(ref _state, bit);
        if ((before & Over) != 0)
        {
            question.PassOn();
        }
        else if (((before | bit) & _all) == _all)
        {
            _settled.RunContinuationsAsynchronously = false;
            _settled.SetResult(true);
        }
    }

    // From here on, no cancellation reaches this object.
    private void Leave()
    {
        _caller.Dispose();
        _stop.Dispose();
    }

    private void End()
    {
        int before = Interlocked.Or(ref _state, Over);
        if ((before & Over) == 0 && (before & _all) != _all)
        {
            // A timer, or code that cancels, must not run the lookup.
            _settled.RunContinuationsAsynchronously = true;
            _settled.SetResult(false);
        }
    }
}
