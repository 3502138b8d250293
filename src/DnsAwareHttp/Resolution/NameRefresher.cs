using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution;

/// <summary>Keeps the names in use fresh: asks when a caller waits, when the TTL ends, and early on a hint or a change.</summary>
/// <remarks>A name has at most one question in flight. It ends when its answer was reported and the next question is planned.</remarks>
internal sealed class NameRefresher : IAsyncDisposable
{
    /// <summary>Hints lead to one early question about a name in this time. A hint that comes too early waits until then.</summary>
    public static readonly TimeSpan HintInterval = TimeSpan.FromSeconds(5);

    /// <summary>With so many names, their first refreshes are spread over a part of the TTL.</summary>
    public const int SpreadFrom = 256;

    private readonly NameTable _names;
    private readonly NameQuestions _questions;
    private readonly AnswerPublisher _publisher;
    private readonly DnsCacheOptions _options;
    private readonly SteadyClock _clock;
    private readonly ILogger _logger;
    private readonly RefreshSchedule _schedule;
    private readonly RunningWork _running = new();
    private readonly CancellationTokenSource _stopping = new();

    public NameRefresher(
        NameTable names, INameResolver resolver, AnswerPublisher publisher, DnsCacheOptions options, SteadyClock clock, ILogger logger)
    {
        (_names, _publisher, _options, _clock, _logger) = (names, publisher, options, clock, logger);
        _schedule = new RefreshSchedule(clock, logger, OnDue);
        _questions = new NameQuestions(
            new NameAsker(resolver, clock, _stopping.Token), clock, Lateness, _running, Publish, EndQuestion, _stopping.Token);
    }

    /// <summary>Whether refreshes are late.</summary>
    public Lateness Lateness => _schedule.Lateness;

    /// <summary>Whether no background work is under way.</summary>
    public bool IsQuiet => _running.IsEmpty;

    /// <summary>Begins to keep the name fresh for a new subscription, and reports what is known to its listener.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed, and a question would be needed.</exception>
    public void Begin(NameSubscription subscription, CacheEntry entry)
    {
        if (entry.Current is not CachedAnswer known)
        {
            _ = AskAsync(entry, seen: null);
        }
        else if (_clock.Now < known.ExpiresAt)
        {
            _publisher.Tell(subscription, known);
            if (_names.IsKeptFresh(entry))
            {
                _schedule.Plan(entry, known.RefreshAt);
            }
        }
        else
        {
            _running.Add(Background.Run(() => TellOldAnswerIfNewOneIsLateAsync(entry, known, subscription)));
        }
    }

    /// <summary>The latest answer if it is fresh enough, else the outcome of a question.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public Task<CachedAnswer> AnswerAsync(CacheEntry entry, Freshness freshness = default)
    {
        if (freshness.SentSince is DateTimeOffset since)
        {
            return _questions.AskSinceAsync(entry, since);
        }

        CachedAnswer? current = entry.Current;
        bool isFresh = current is not null
            && (freshness.MayBeExpired ? Lateness.Now <= entry.OverdueAt : _clock.Now < current.ExpiresAt);
        return isFresh ? Task.FromResult(current!)
            : current is null || !freshness.MayBeExpired ? AskAsync(entry, current)
            : _questions.AskUnlessItTakesLongAsync(entry, current, _options.StaleAnswerTimeout);
    }

    /// <inheritdoc cref="NameQuestions.AskAsync"/>
    public Task<CachedAnswer> AskAsync(CacheEntry entry, CachedAnswer? seen) => _questions.AskAsync(entry, seen);

    /// <summary>The one way in for answers: makes an answer known, and plans the next question about its name.</summary>
    /// <inheritdoc cref="AnswerPublisher.Publish"/>
    public CachedAnswer Publish(CacheEntry entry, Answer answer, DateTimeOffset sentAt, CachedAnswer? begun = null)
    {
        CachedAnswer published = _publisher.Publish(entry, answer, sentAt, begun);
        if (_names.IsKeptFresh(entry))
        {
            DateTimeOffset paced = sentAt + NameTable.LeastIntervalOf(entry);
            DateTimeOffset refreshAt = RefreshOf(published, sentAt);
            DateTimeOffset due = paced > refreshAt ? paced : refreshAt;
            entry.OverdueAt = Lateness.OverdueAfter(due - _clock.Now);
            _schedule.Plan(entry, due);
        }

        if (answer is Answer.Found { Rest: Task<Answer> rest } && published.LastGood?.Rest == rest)
        {
            _running.Add(Background.Run(() => PublishRestAsync(entry, rest, sentAt, published)));
        }

        return published;
    }

    /// <summary>A sign that the answer may be old: asks early, at most once per <see cref="HintInterval"/>.</summary>
    public void Hint(CacheEntry entry)
    {
        DateTimeOffset now = _clock.Now;
        using (entry.Lock.Enter())
        {
            DateTimeOffset next = entry.LastHintAt > now ? entry.LastHintAt : entry.LastHintAt + HintInterval;
            DateTimeOffset due = next > now ? next : now;

            // A question that is planned before then serves this hint too. It must not delay the next hint.
            if (_schedule.Plan(entry, due))
            {
                entry.LastHintAt = due;
            }
        }
    }

    /// <summary>The sources changed: asks at once, and once more if a question is in flight.</summary>
    public void Invalidate(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            entry.Sources++;
            if (entry.InFlight is not null)
            {
                entry.FollowUp = FollowUp.Expire;
                return;
            }

            entry.Expire_NeedsLock(_clock.Now);
            _schedule.Plan(entry, _clock.Now);
        }
    }

    /// <summary>Plans no question about the name any more.</summary>
    public void Forget(CacheEntry entry) => _schedule.Forget(entry);

    /// <summary>Ends all questions without waiting for their end.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        _schedule.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _running.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Earlier, and never later: a change is followed within the TTL.
    private DateTimeOffset RefreshOf(CachedAnswer published, DateTimeOffset sentAt) =>
        published is { Version: 1, Failures: 0 } && _schedule.Planned >= SpreadFrom
            ? published.ExpiresAt - TtlPolicy.Spread(published.ExpiresAt - sentAt, Random.Shared)
            : published.RefreshAt;

    private async Task PublishRestAsync(CacheEntry entry, Task<Answer> rest, DateTimeOffset sentAt, CachedAnswer begun) =>
        Publish(entry, await rest.WaitAsync(_stopping.Token).ConfigureAwait(false), sentAt, begun);

    private void EndQuestion(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            (entry.InFlight, FollowUp followUp, entry.FollowUp) = (null, entry.FollowUp, FollowUp.None);
            if (followUp is FollowUp.Expire)
            {
                entry.Expire_NeedsLock(_clock.Now);
            }

            if (followUp is not FollowUp.None && !entry.Subscriptions.IsEmpty)
            {
                _schedule.Plan(entry, _clock.Now);
            }
        }
    }

    private void OnDue(CacheEntry entry)
    {
        try
        {
            if (!_names.IsInUse(entry) || HasQuestionInFlight(entry))
            {
                return;
            }

            _ = AskAsync(entry, entry.Current);
        }
        catch (ObjectDisposedException)
        {
            // The cache is closing.
        }
        catch (Exception exception)
        {
            _logger.RefreshThrew(entry.Question.Name, Backoff.MaxForNames.TotalSeconds, exception);
            _schedule.Plan(entry, _clock.Now + Backoff.MaxForNames);
        }
    }

    // A question whose answer is being reported has not ended, and was sent before the hint: another one follows it.
    private static bool HasQuestionInFlight(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            if (entry.IsReporting_NeedsLock() && entry.FollowUp is FollowUp.None)
            {
                entry.FollowUp = FollowUp.Ask;
            }

            return entry.InFlight is not null;
        }
    }

    private async Task TellOldAnswerIfNewOneIsLateAsync(CacheEntry entry, CachedAnswer old, NameSubscription subscription)
    {
        try
        {
            // The outcome is reported to all listeners, this one among them.
            await AskAsync(entry, old).WaitAsync(_options.StaleAnswerTimeout, _clock.Provider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (old.LastGood is not null && !old.IsTooOld(_clock.Now, _options))
            {
                _publisher.Tell(subscription, old);
            }
        }
        catch (ObjectDisposedException)
        {
            // The cache is closing.
        }
    }
}
