namespace DnsAwareHttp.Resolution;

/// <summary>Sends the questions about names: one at a time for each name, which all who wait share.</summary>
/// <param name="asker">Asks the resolver.</param>
/// <param name="clock">The clock.</param>
/// <param name="lateness">Knows whether questions are sent in time.</param>
/// <param name="running">Keeps the questions until they end.</param>
/// <param name="publish">Makes an answer known. Called under no lock.</param>
/// <param name="ended">Called when a question has ended. Called under no lock.</param>
/// <param name="stopping">The cache was disposed.</param>
internal sealed class NameQuestions(
    NameAsker asker, SteadyClock clock, Lateness lateness, RunningWork running,
    Func<CacheEntry, Answer, DateTimeOffset, CachedAnswer?, CachedAnswer> publish, Action<CacheEntry> ended, CancellationToken stopping)
{
    /// <summary>The least time between two questions about a name that requests wait for because they cannot connect.</summary>
    public static readonly TimeSpan AwaitedInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Joins the question in flight, or sends a question, unless a newer answer than <paramref name="seen"/> is known.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed. The task itself never fails.</exception>
    public Task<CachedAnswer> AskAsync(CacheEntry entry, CachedAnswer? seen)
    {
        using (entry.Lock.Enter())
        {
            if (entry.InFlight is Task<CachedAnswer> running)
            {
                return running;
            }

            // The question that the caller would have joined may have ended since it looked: 500 first requests cost one query.
            return entry.Current is CachedAnswer current && current.Version != seen?.Version
                ? Task.FromResult(current)
                : Send_NeedsLock(entry, TimeSpan.Zero);
        }
    }

    /// <summary>The answer to a question that was sent at this time or later.</summary>
    /// <remarks>
    /// A bare handler looks the name up with each connect. Requests that cannot connect ask as often, but share their questions, and send
    /// one each <see cref="AwaitedInterval"/>, or less often where the origin has many names.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The cache was disposed.</exception>
    public async Task<CachedAnswer> AskSinceAsync(CacheEntry entry, DateTimeOffset since)
    {
        while (true)
        {
            (Task<CachedAnswer> question, bool isFresh) = JoinOrSend(entry, since);
            CachedAnswer answer = await question.ConfigureAwait(false);
            if (isFresh)
            {
                return answer;
            }
        }
    }

    /// <summary>The answer to a question that should have been sent long ago; after a while, the old answer.</summary>
    /// <param name="entry">The name.</param>
    /// <param name="old">The answer that is late to be refreshed.</param>
    /// <param name="patience">The longest wait.</param>
    public async Task<CachedAnswer> AskUnlessItTakesLongAsync(CacheEntry entry, CachedAnswer old, TimeSpan patience)
    {
        try
        {
            return await AskAsync(entry, old).WaitAsync(patience, clock.Provider, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Later requests do not wait again.
            entry.OverdueAt = long.MaxValue;
            return old;
        }
        catch (ObjectDisposedException)
        {
            // After the disposal of its cache, a handler goes on with the addresses that it knows.
            entry.OverdueAt = long.MaxValue;
            return old;
        }
    }

    private (Task<CachedAnswer> Question, bool IsFresh) JoinOrSend(CacheEntry entry, DateTimeOffset since)
    {
        using (entry.Lock.Enter())
        {
            if (entry.InFlight is Task<CachedAnswer> running)
            {
                return (running, entry.SentAt is not DateTimeOffset sentAt || sentAt >= since);
            }

            // A question that was sent in the same instant may have been sent before, unless a request waited for it.
            if (entry.Current is CachedAnswer current
                && (current.SentAt > since || (current.SentAt == since && entry.LastAwaitedAt == since)))
            {
                return (Task.FromResult(current), true);
            }

            DateTimeOffset now = clock.Now;
            DateTimeOffset next = entry.LastAwaitedAt + AwaitedInterval_NeedsLock(entry);
            entry.LastAwaitedAt = next > now ? next : now;
            return (Send_NeedsLock(entry, entry.LastAwaitedAt - now), true);
        }
    }

    // All names of an origin are asked about at the same time. Of one that has many, each has a tenth of its pace in the background.
    private static TimeSpan AwaitedInterval_NeedsLock(CacheEntry entry)
    {
        entry.Lock.AssertHeld();
        long paced = entry.LeastInterval_NeedsLock().Ticks / 10;
        return TimeSpan.FromTicks(Math.Clamp(paced, AwaitedInterval.Ticks, TimeSpan.TicksPerSecond));
    }

    private Task<CachedAnswer> Send_NeedsLock(CacheEntry entry, TimeSpan pause)
    {
        entry.Lock.AssertHeld();
        ObjectDisposedException.ThrowIf(stopping.IsCancellationRequested, typeof(DnsCache));
        Task<CachedAnswer> question = Background.Run(
            (Questions: this, entry, pause), static one => one.Questions.AskOnceAsync(one.entry, one.pause));
        (entry.InFlight, entry.SentAt) = (question, null);
        (entry.VersionWhenSent, entry.SourcesWhenSent) = (entry.Current?.Version ?? 0, entry.Sources);
        if (lateness.Now <= entry.OverdueAt)
        {
            // In time: no request waits for the answer before its deadline.
            entry.OverdueAt = lateness.OverdueAfter(pause + NameAsker.Deadline);
        }

        return question;
    }

    // The caller holds the lock of the entry until this is on a thread of its own.
    private async Task<CachedAnswer> AskOnceAsync(CacheEntry entry, TimeSpan pause)
    {
        running.Begin();
        await Background.OnThePool();
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, clock.Provider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            Inquiry inquiry = Inquiry.About(entry, NoteSent(entry));
            Answer answer = await asker.AskAsync(inquiry.Question, entry.Current?.LastGood).ConfigureAwait(false);
            return publish(entry, inquiry.Complete(answer), inquiry.SentAt, inquiry.Begun);
        }
        finally
        {
            ended(entry);
            running.End();
        }
    }

    // The clock is read under the lock: one who read it before, and sees no time here, asked before the question is sent.
    private DateTimeOffset NoteSent(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            DateTimeOffset now = clock.Now;
            entry.SentAt = now;
            return now;
        }
    }
}
