using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution.Sources;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution;

/// <summary>Asks about names: at once when somebody waits, when their TTL ends, and early on a hint.</summary>
/// <remarks>One timer and one queue serve all names. A name has one question in flight at most; its outcome is published before the question counts as over.</remarks>
internal sealed class HostRefresher : IAsyncDisposable
{
    /// <summary>What one question may take in all, whatever the resolver does.</summary>
    public static readonly TimeSpan QuestionDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Hints make a name refresh early at most this often; one that comes too early is kept until then.</summary>
    public static readonly TimeSpan HintInterval = TimeSpan.FromSeconds(5);

    private readonly INameResolver _resolver;
    private readonly DnsCacheOptions _options;
    private readonly SteadyClock _clock;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Lock _schedule = new();
    private readonly PriorityQueue<CacheEntry, DateTimeOffset> _queue = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private DateTimeOffset _timerDue = DateTimeOffset.MaxValue;

    public HostRefresher(INameResolver resolver, DnsCacheOptions options, SteadyClock clock, Random random, ILogger logger)
    {
        _resolver = resolver;
        _options = options;
        _clock = clock;
        _random = random;
        _logger = logger;
        _timer = Background.CreateTimer(
            clock.Provider, "the refresh timer", logger, this, static refresher => refresher.AskThoseDue(), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether no background work is under way.</summary>
    public bool IsQuiet => _running.IsEmpty;

    /// <summary>Joins the question in flight about a name, or sends one, unless something newer than <paramref name="seen"/> is known already.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed. The task itself never fails.</exception>
    public Task<CachedAnswer> AskAsync(CacheEntry entry, CachedAnswer? seen)
    {
        Task<CachedAnswer> question;
        lock (entry.Sync)
        {
            if (entry.InFlight is Task<CachedAnswer> running)
            {
                return running;
            }

            // The question that the caller would have joined may have ended since it looked: 500 first requests are to cost one query.
            if (entry.Current is CachedAnswer current && current.Version != seen?.Version)
            {
                return Task.FromResult(current);
            }

            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, typeof(DnsCache));

            question = entry.InFlight = Background.Run(() => AskOnceAsync(entry));
            Own(question);
        }

        return question;
    }

    /// <summary>Plans the next question about a name that is in use, unless an earlier one is planned.</summary>
    /// <returns>Whether it was planned.</returns>
    public bool Plan(CacheEntry entry, DateTimeOffset due)
    {
        lock (_schedule)
        {
            if (due >= entry.Due || _stopping.IsCancellationRequested)
            {
                return false;
            }

            entry.Due = due;
            _queue.Enqueue(entry, due);
            SetTimer_NeedsLock();
            return true;
        }
    }

    /// <summary>Somebody saw a sign that the answer may be old: refreshes early, at most once per <see cref="HintInterval"/>.</summary>
    public void Hint(CacheEntry entry)
    {
        DateTimeOffset now = _clock.Now;
        DateTimeOffset due;
        lock (entry.Sync)
        {
            DateTimeOffset next = entry.LastHintAt > now ? entry.LastHintAt : entry.LastHintAt + HintInterval;
            due = next > now ? next : now;
        }

        // A question that is planned until then anyway serves this hint too. It must not move the next one away.
        if (Plan(entry, due))
        {
            lock (entry.Sync)
            {
                entry.LastHintAt = due;
            }
        }
    }

    /// <summary>The answer is known to be old: asks at once, and once more if the question in flight was sent before.</summary>
    public void Invalidate(CacheEntry entry)
    {
        lock (entry.Sync)
        {
            if (entry.InFlight is not null)
            {
                entry.AskAgain = true;
                return;
            }

            Expire_NeedsLock(entry);
        }

        Plan(entry, _clock.Now);
    }

    /// <summary>Keeps hold of background work until it is over, so that disposal can await it.</summary>
    public void Own(Task work)
    {
        _running[work] = true;
        _ = work.ContinueWith(
            static (ended, state) => ((ConcurrentDictionary<Task, bool>)state!).TryRemove(ended, out _),
            _running, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public void Stop()
    {
        _stopping.Cancel();
        _timer.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<CachedAnswer> AskOnceAsync(CacheEntry entry)
    {
        CachedAnswer? before = entry.Current;
        CachedAnswer after;
        DateTimeOffset sentAt = _clock.Now;
        Answer answer = await AskResolverAsync(entry).ConfigureAwait(false);
        try
        {
            after = CachedAnswer.After(before, answer, entry.Question.Family, sentAt, _clock.Now, _options, _random);
        }
        catch (Exception exception)
        {
            // The resolver's answer makes no sense. The name must not stay unasked because of that.
            after = CachedAnswer.After(before, new Answer.Failed(exception.Message, exception), entry.Question.Family, sentAt, _clock.Now, _options, _random);
        }

        entry.Current = after;
        Quietly(() =>
        {
            DnsAwareMetrics.LookedUp(entry.Question.Name, after.Latest, _clock.Now - sentAt);
            Report(entry.Question.Name, before, after);
        });
        Publish(entry, after);
        PlanNext(entry, after);
        return after;
    }

    private async Task<Answer> AskResolverAsync(CacheEntry entry)
    {
        using CancellationTokenSource deadline = new(QuestionDeadline, _clock.Provider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
        if (entry.Question.Kind is QuestionKind.Service && _resolver is not IServiceResolver)
        {
            return new Answer.Failed(
                $"{_resolver.GetType()} cannot be asked for SRV records; make the DnsCache without a resolver of your own, or leave {entry.Question.Name} out of ServiceRecords and ServiceRecordSelector");
        }

        if (entry.Question.Kind is not QuestionKind.Service && _resolver is not IFamilyResolver && LocalNames.TryResolve(entry.Question.Name, entry.Question.Family, out Answer? local))
        {
            // Resolvers that people bring are not troubled with these.
            return local;
        }

        try
        {
            // A resolver that does not heed its token, or blocks its thread, must not hold the name for ever.
            CancellationToken token = either.Token;
            Task<Answer> answer = Task.Run(() => CallResolver(entry, token), CancellationToken.None);
            answer.Forget();
            return await answer.WaitAsync(either.Token).ConfigureAwait(false)
                ?? new Answer.Failed($"{_resolver.GetType()} returned null");
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return new Answer.Failed(_stopping.IsCancellationRequested ? "the cache was disposed" : $"no answer within {QuestionDeadline.TotalSeconds:0} s");
        }
        catch (Exception exception)
        {
            return new Answer.Failed(exception.Message, exception);
        }
    }

    private Task<Answer> CallResolver(CacheEntry entry, CancellationToken cancellationToken)
    {
        ValueTask<Answer> answer = entry.Question.Kind is QuestionKind.Service ? ((IServiceResolver)_resolver).ResolveServiceAsync(entry.Question.Name, cancellationToken)
            : _resolver is IFamilyResolver byFamily ? byFamily.ResolveAsync(entry.Question.Name, entry.Question.Family, cancellationToken)
            : _resolver is NameResolver named ? named.ResolveAsync(entry.Question.Name, entry.Question.Family, cancellationToken)
            : _resolver.ResolveAsync(entry.Question.Name, cancellationToken);
        return answer.AsTask();
    }

    // Log providers and metrics listeners are the application's, and may throw. No answer is worse and no name stays unasked because of that.
    private static void Quietly(Action report)
    {
        try
        {
            report();
        }
        catch (Exception)
        {
            // There is nobody left to tell.
        }
    }

    private void Report(string host, CachedAnswer? before, CachedAnswer after)
    {
        _logger.AnswerReceived(host, after.Latest);
        if (after.Latest is Answer.Failed failed && before?.Latest is not Answer.Failed)
        {
            _logger.ResolutionFailed(host, failed.Reason, after.RefreshAt - _clock.Now, failed.Exception);
        }
        else if (after.Failures == 0 && before is { Failures: > 0 })
        {
            _logger.ResolutionRecovered(host, before.Failures);
        }

        if (before is { LastGood: not null, LastGoodAt: DateTimeOffset goodAt } && after is { LastGood: null, Latest: Answer.Failed })
        {
            _logger.StaleAnswerDropped(host, _clock.Now - goodAt);
        }
    }

    private void Publish(CacheEntry entry, CachedAnswer answer)
    {
        ImmutableArray<NameSubscription> subscriptions;
        lock (entry.Sync)
        {
            subscriptions = entry.Subscriptions;
        }

        foreach (NameSubscription subscription in subscriptions)
        {
            Tell(subscription, answer);
        }
    }

    /// <summary>Reports an answer to one listener, unless it was collected.</summary>
    public void Tell(NameSubscription subscription, CachedAnswer answer)
    {
        try
        {
            subscription.Listener?.OnAnswer(answer);
        }
        catch (Exception exception)
        {
            Quietly(() => _logger.ListenerThrew(subscription.Question.Name, exception));
        }
    }

    private void PlanNext(CacheEntry entry, CachedAnswer answer)
    {
        bool inUse, askAgain;
        lock (entry.Sync)
        {
            entry.InFlight = null;
            inUse = entry.Subscriptions.Any(static one => one.Listener is not null);
            askAgain = entry.AskAgain;
            entry.AskAgain = false;
            if (askAgain)
            {
                Expire_NeedsLock(entry);
            }
        }

        if (inUse)
        {
            Plan(entry, askAgain ? _clock.Now : answer.RefreshAt);
        }
    }

    private void Expire_NeedsLock(CacheEntry entry)
    {
        Debug.Assert(entry.Sync.IsHeldByCurrentThread);
        DateTimeOffset now = _clock.Now;
        if (entry.Current is CachedAnswer current && current.ExpiresAt > now)
        {
            entry.Current = current with { ExpiresAt = now };
        }
    }

    private void AskThoseDue()
    {
        List<CacheEntry> due = [];
        lock (_schedule)
        {
            DateTimeOffset now = _clock.Now;
            _timerDue = DateTimeOffset.MaxValue;
            while (_queue.TryPeek(out CacheEntry? entry, out DateTimeOffset at) && at <= now)
            {
                _queue.Dequeue();

                // A name that was planned again earlier stands in the queue twice; only the plan that holds counts.
                if (entry.Due == at)
                {
                    entry.Due = DateTimeOffset.MaxValue;
                    due.Add(entry);
                }
            }

            SetTimer_NeedsLock();
        }

        foreach (CacheEntry entry in due)
        {
            Refresh(entry);
        }
    }

    private void Refresh(CacheEntry entry)
    {
        try
        {
            if (InUse(entry))
            {
                _ = AskAsync(entry, entry.Current);
            }
        }
        catch (ObjectDisposedException)
        {
            // The cache is closing.
        }
        catch (Exception exception)
        {
            Quietly(() => _logger.RefreshThrew(entry.Question.Name, Backoff.MaxForNames, exception));
            Plan(entry, _clock.Now + Backoff.MaxForNames);
        }
    }

    private static bool InUse(CacheEntry entry)
    {
        lock (entry.Sync)
        {
            return entry.Subscriptions.Any(static one => one.Listener is not null);
        }
    }

    private void SetTimer_NeedsLock()
    {
        DateTimeOffset next = _queue.TryPeek(out _, out DateTimeOffset at) ? at : DateTimeOffset.MaxValue;
        if (next != _timerDue && next != DateTimeOffset.MaxValue)
        {
            _timerDue = next;
            TimeSpan wait = next - _clock.Now;
            _timer.Change(wait > TimeSpan.Zero ? RoundUp(wait) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    // Timers tick in whole milliseconds and round down: a timer that fires a moment early would find nothing due.
    private static TimeSpan RoundUp(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue));
}
