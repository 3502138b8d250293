using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>A question to the first server. Its reply is used at once, or a <see cref="ServerRun"/> goes on with it.</summary>
/// <param name="opening">The lookup that it belongs to.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="end">Ends the question.</param>
internal sealed class OpenedQuestion(LookupOpening opening, TimeProvider timeProvider, CancellationTokenSource end)
    : IPlaceSeeker, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Waits = 1;
    private const int HasPlace = 2;
    private const int Withdrawn = 3;

    private Action? _onReply;
    private ConfiguredValueTaskAwaitable<DnsReply>.ConfiguredValueTaskAwaiter _pending;
    private TaskCompletionSource<DnsReply>? _later;
    private Exception? _failure;
    private HedgedQuery? _servers;
    private NameServer? _server;
    private int _state;
    private volatile bool _isAnswered;

    /// <summary>Ends the question.</summary>
    public CancellationToken Token => end.Token;

    /// <summary>The servers, the asked one first.</summary>
    public ImmutableArray<NameServer> Order { get; private set; }

    public NameServer Server => _server!;

    public DnsQuery? Query { get; private set; }

    public QuestionPlaces.Place? Place { get; private set; }

    /// <summary>When it got its place, and was sent.</summary>
    public long SentAt { get; private set; }

    /// <summary>The reply; null while there is none, and after a failure.</summary>
    public DnsReply? Reply { get; private set; }

    /// <summary>Asks as soon as there is a place. The reply may be there at once.</summary>
    public void Begin(HedgedQuery servers, QuestionPlaces places, ImmutableArray<NameServer> order, DnsQuery query)
    {
        (_servers, _server, Order, Query) = (servers, order[0], order, query);
        Volatile.Write(ref _state, Waits);
        if (places.Enter(query.Host, query.IsKnown, this) is QuestionPlaces.Place place)
        {
            _ = TryTake(place);
            Execute();
        }
    }

    // Called under the lock of the places. Any thread of the pool sends the question.
    bool IPlaceSeeker.TryGive(QuestionPlaces.Place place) =>
        TryTake(place) && ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Execute()
    {
        opening.OnSent();
        WaitFor(SendAsync());
    }

    /// <summary>Whether the question has a place. If it has none yet, it gets none any more.</summary>
    public bool IsUnderWay() =>
        Interlocked.CompareExchange(ref _state, Withdrawn, Waits) == HasPlace;

    /// <summary>Forgets the question, and gives back its place.</summary>
    /// <returns>Whether another question may be asked with this object.</returns>
    public bool TryReset()
    {
        Place?.Dispose();
        (_servers, _server, Order, Query, Place, Reply) = (null, null, default, null, null, null);
        (_failure, _later, _isAnswered, _state) = (null, null, false, Idle);
        return !end.IsCancellationRequested;
    }

    /// <summary>Lets the task of <see cref="FinishAsync"/> end when the reply is there.</summary>
    public void PassOn()
    {
        if (!_isAnswered)
        {
            return;
        }

        _ = _failure is null ? Later().TrySetResult(Reply!) : Later().TrySetException(_failure);
    }

    /// <summary>The reply, as <see cref="IDnsExchange.AskAsync"/> gives it.</summary>
    /// <param name="timeout">The time since the question was sent.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<DnsReply> FinishAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - timeProvider.GetElapsedTime(SentAt);
        using NetworkDeadline deadline = new(
            left < TimeSpan.Zero && left != Timeout.InfiniteTimeSpan ? TimeSpan.Zero : left, timeProvider, cancellationToken);
        using CancellationTokenRegistration over = deadline.Token.UnsafeRegister(
            static end => ((CancellationTokenSource)end!).Cancel(), end);
        try
        {
            Task<DnsReply> reply = Later().Task;
            PassOn();
            return await reply.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsReply.Silence($"no answer within {timeout.TotalSeconds:0.###} s");
        }
    }

    private ValueTask<DnsReply> SendAsync()
    {
        try
        {
            return _servers!.OpenAsync(this);
        }
        catch (Exception exception)
        {
            // No code awaits the thread that is here.
            return ValueTask.FromException<DnsReply>(exception);
        }
    }

    private void WaitFor(ValueTask<DnsReply> reply)
    {
        _pending = reply.ConfigureAwait(false).GetAwaiter();
        if (_pending.IsCompleted)
        {
            OnReply();
        }
        else
        {
            _pending.UnsafeOnCompleted(_onReply ??= OnReply);
        }
    }

    private bool TryTake(QuestionPlaces.Place place)
    {
        // In this order: who sees that there is a place sees which.
        (Place, SentAt) = (place, timeProvider.GetTimestamp());
        return Interlocked.CompareExchange(ref _state, HasPlace, Waits) == Waits;
    }

    private void OnReply()
    {
        try
        {
            Reply = _pending.GetResult();
        }
        catch (Exception exception)
        {
            _failure = exception;
        }

        _pending = default;
        _isAnswered = true;
        opening.OnReply(this);
    }

    private TaskCompletionSource<DnsReply> Later()
    {
        TaskCompletionSource<DnsReply>? known = Volatile.Read(ref _later);
        if (known is null)
        {
            TaskCompletionSource<DnsReply> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
            known = Interlocked.CompareExchange(ref _later, made, null) ?? made;
        }

        return known;
    }
}
