using System.Collections.Immutable;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution;

/// <summary>Makes an answer known: keeps it, logs it, and reports it to the listeners of its name.</summary>
internal sealed class AnswerPublisher(DnsCacheOptions options, SteadyClock clock, Random random, ILogger logger)
{
    /// <summary>Measures the lookups.</summary>
    public DnsAwareMetrics Metrics { get; init; } = DnsAwareMetrics.None;

    /// <summary>Makes an answer known.</summary>
    /// <param name="entry">The question that was answered.</param>
    /// <param name="answer">The outcome as the resolver gave it.</param>
    /// <param name="sentAt">When the question was sent: the TTL counts from there.</param>
    /// <param name="begun">The state that this answer completes: in any other state it counts no more. Null for a new answer.</param>
    /// <returns>The state of knowledge after it.</returns>
    public CachedAnswer Publish(CacheEntry entry, Answer answer, DateTimeOffset sentAt, CachedAnswer? begun = null)
    {
        CachedAnswer? before;
        CachedAnswer after;
        using (entry.Lock.Enter())
        {
            before = entry.Current;
            if (begun is not null && before != begun)
            {
                return before!;
            }

            int sources = begun?.Sources ?? entry.SourcesWhenSent;
            entry.Current = after = After(before, answer, entry.Question, sentAt, sources);
        }

        if (begun is null)
        {
            Metrics.LookedUp(entry.Question.Name, after.Latest, clock.Now - sentAt);
        }

        Report(entry.Question.Name, before, after);
        foreach (NameSubscription subscription in SubscriptionsOf(entry))
        {
            Tell(subscription, after);
        }

        return after;
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
            logger.ListenerThrew(subscription.Question.Name, exception);
        }
    }

    private CachedAnswer After(CachedAnswer? before, Answer answer, Question question, DateTimeOffset sentAt, int sources)
    {
        try
        {
            return CachedAnswer.After(before, answer, question.Family, sentAt, clock.Now, options, random, sources);
        }
        catch (Exception exception)
        {
            // The resolver's answer makes no sense, such as an address that is null. The name is asked again soon.
            Answer.Failed failed = new(exception.Message, exception);
            return CachedAnswer.After(before, failed, question.Family, sentAt, clock.Now, options, random, sources);
        }
    }

    private static ImmutableArray<NameSubscription> SubscriptionsOf(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            return entry.Subscriptions;
        }
    }

    private void Report(string host, CachedAnswer? before, CachedAnswer after)
    {
        logger.AnswerReceived(host, after.Latest);
        double delay = Math.Max(0, (after.RefreshAt - clock.Now).TotalSeconds);
        switch (before?.Latest, after.Latest)
        {
            case (not Answer.Failed, Answer.Failed failed):
                logger.ResolutionFailed(host, failed.Reason, ConsequenceOf(after), delay);
                break;
            case (var last, Answer.Empty empty) when (last as Answer.Empty)?.Reason != empty.Reason:
                ReportEmpty(host, before, empty, delay);
                break;
            case (Answer.Empty, Answer.Found found):
                logger.NameFound(host, found);
                break;
            case (_, Answer.Found) when after.Failures == 0 && before is { Failures: > 0 }:
                logger.ResolutionRecovered(host, before.Failures);
                break;
        }

        if (before is { LastGood: not null, LastGoodAt: DateTimeOffset goodAt } && after is { LastGood: null, Latest: Answer.Failed })
        {
            logger.StaleAnswerDropped(host, (clock.Now - goodAt).TotalSeconds);
        }
    }

    // The request that asks for an unknown name gets the error. That known addresses go is news for people.
    private void ReportEmpty(string host, CachedAnswer? before, Answer.Empty empty, double delay)
    {
        bool hadAddresses = before?.LastGood is not null;
        string reason = empty.Reason.Describe();
        logger.NameEmpty(
            hadAddresses ? LogLevel.Warning : LogLevel.Information, host, reason,
            hadAddresses ? "Its addresses stay in use for EmptyAnswerGrace" : "Requests to it fail", delay);
    }

    private static string ConsequenceOf(CachedAnswer after) =>
        after.LastGood is null ? "No address is known: requests to it fail" : "The last good answer stays in use";
}
