using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Looks up the records of one absolute name. Follows the aliases that the servers do not follow.</summary>
internal sealed class DnsLookup(HedgedQuery servers, TimeProvider timeProvider)
{
    // A server that gives one alias at a time, and never an end.
    private const int MaxQuestions = 16;

    /// <summary>How long an answer about one family waits for the other (RFC 8305 section 3). Then the other joins it later.</summary>
    public static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    private const int MaxSpare = 128;

    private static readonly DnsOutcome NoAaaa =
        new(new Answer.Empty(EmptyReason.NoData, DnsMessageReader.DefaultNegativeTtl), WasAsked: true);

    // A chain of aliases that the servers do not follow costs a question for each. Whoever owns a name must not have us ask without end.
    private static readonly TimeSpan TtlForEachQuestion = TimeSpan.FromSeconds(1);

    private readonly SpareObjects<LookupOpening> _spare = new(MaxSpare);

    /// <summary>Sends the first questions of a lookup; null where the settings allow no such beginning.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public LookupOpening? Open(
        string name, QuestionKind kind, bool isKnown, DnsSettings current, CancellationToken cancellationToken, CancellationToken stopping)
    {
        bool isBoth = kind is QuestionKind.Addresses && !current.WithoutAaaa;
        if ((isBoth && current.OneByOne) || (kind is QuestionKind.Aaaa && current.WithoutAaaa) || !servers.CanOpen(current))
        {
            return null;
        }

        DnsRecordType type = kind switch
        {
            QuestionKind.Service => DnsRecordType.Srv,
            QuestionKind.Aaaa => DnsRecordType.Aaaa,
            _ => DnsRecordType.A,
        };
        DnsQuery first = new(name, type) { IsKnown = isKnown };
        DnsQuery? second = isBoth ? new DnsQuery(name, DnsRecordType.Aaaa) { IsKnown = isKnown } : null;
        LookupOpening opening = _spare.Take(static time => new LookupOpening(time), timeProvider);
        opening.Begin(servers, current, (first, second), cancellationToken, stopping);
        return opening;
    }

    /// <summary>The outcome of an opening that has settled, which ends with it; null where <see cref="GoOnAsync"/> is needed.</summary>
    public DnsOutcome? Conclude(LookupOpening opening)
    {
        (OpenedQuestion first, OpenedQuestion? second) = (opening.First, opening.IsAboutBoth ? opening.Second : null);
        bool isPlain = opening.IsAnswered
            && servers.IsPlain(first, opening.Current)
            && (second is null || servers.IsPlain(second, opening.Current));
        if (!isPlain)
        {
            return null;
        }

        servers.OnPlainReply(first);
        if (second is not null)
        {
            servers.OnPlainReply(second);
        }

        DnsOutcome outcome = second is null ? OfKind(opening, ReplyVerdict.Of(first.Reply!)) : ReplyVerdict.Of(first, second);
        if (!opening.TryReset() || !_spare.TryKeep(opening))
        {
            opening.Dispose();
        }

        return outcome;
    }

    /// <summary>Goes on with the questions of an opening.</summary>
    /// <param name="opening">It has settled.</param>
    /// <param name="cancellationToken">As for <see cref="AskAsync"/>.</param>
    public async Task<DnsOutcome> GoOnAsync(LookupOpening opening, CancellationToken cancellationToken)
    {
        opening.Dispose();
        Task<DnsOutcome> first = AskTypeAsync(opening.FirstQuery, opening.Current, opening.First, cancellationToken);
        if (opening.SecondQuery is not DnsQuery query)
        {
            return OfKind(opening, await first.ConfigureAwait(false));
        }

        Task<DnsOutcome> second = AskTypeAsync(query, opening.Current, opening.Second, cancellationToken);
        TimeSpan waited = opening.FoundAt is long since ? timeProvider.GetElapsedTime(since) : TimeSpan.Zero;
        return await JoinAsync(first, second, Larger(TimeSpan.Zero, ResolutionDelay - waited)).ConfigureAwait(false);
    }

    /// <param name="name">The absolute name.</param>
    /// <param name="kind">The records that are wanted.</param>
    /// <param name="isKnown">Whether addresses are known and in use.</param>
    /// <param name="current">How to ask.</param>
    /// <param name="cancellationToken">Ends the lookup, and what is under way of it after its first answer.</param>
    public Task<DnsOutcome> AskAsync(
        string name, QuestionKind kind, bool isKnown, DnsSettings current, CancellationToken cancellationToken)
    {
        DnsQuery a = new(name, DnsRecordType.A) { IsKnown = isKnown };
        DnsQuery aaaa = a with { Type = DnsRecordType.Aaaa };
        return kind switch
        {
            QuestionKind.Service => AskTypeAsync(a with { Type = DnsRecordType.Srv }, current, opened: null, cancellationToken),
            QuestionKind.A => AskFamilyAsync(a, AddressFamily.InterNetwork, current, cancellationToken),
            QuestionKind.Aaaa when current.WithoutAaaa => Task.FromResult(NoAaaa),
            QuestionKind.Aaaa => AskFamilyAsync(aaaa, AddressFamily.InterNetworkV6, current, cancellationToken),
            _ when current.WithoutAaaa => AskFamilyAsync(a, AddressFamily.InterNetwork, current, cancellationToken),
            _ => AskBothAsync(a, aaaa, current, cancellationToken),
        };
    }

    private async Task<DnsOutcome> AskBothAsync(DnsQuery a, DnsQuery aaaa, DnsSettings current, CancellationToken cancellationToken)
    {
        Task<DnsOutcome> v4 = AskTypeAsync(a, current, opened: null, cancellationToken);
        if (current.OneByOne)
        {
            await Task.WhenAny(v4).ConfigureAwait(false);
        }

        Task<DnsOutcome> v6 = AskTypeAsync(aaaa, current, opened: null, cancellationToken);
        return await JoinAsync(v4, v6, ResolutionDelay).ConfigureAwait(false);
    }

    private async Task<DnsOutcome> JoinAsync(Task<DnsOutcome> v4, Task<DnsOutcome> v6, TimeSpan delay)
    {
        Task<DnsOutcome> first = await Task.WhenAny(v4, v6).ConfigureAwait(false);
        Task<DnsOutcome> both = MergeAsync(v4, v6);
        if (first is { IsCompletedSuccessfully: true, Result.Answer: Answer.Found found })
        {
            await ((Task)both).WaitAsync(delay, timeProvider, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!both.IsCompleted)
            {
                AddressFamily late = first == v4 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
                DnsOutcome part = new(AnswerMerge.Alone(found, late), WasAsked: true);
                return part with { Answer = (Answer.Found)part.Answer with { Rest = DnsOutcome.RestOf(both) } };
            }
        }

        return await both.ConfigureAwait(false);
    }

    private static async Task<DnsOutcome> MergeAsync(Task<DnsOutcome> v4, Task<DnsOutcome> v6)
    {
        DnsOutcome[] halves = await Task.WhenAll(v4, v6).ConfigureAwait(false);
        return ReplyVerdict.Merge(halves[0], halves[1]);
    }

    private async Task<DnsOutcome> AskFamilyAsync(
        DnsQuery query, AddressFamily family, DnsSettings current, CancellationToken cancellationToken) =>
        ReplyVerdict.OfFamily(family, await AskTypeAsync(query, current, opened: null, cancellationToken).ConfigureAwait(false));

    private static DnsOutcome OfKind(LookupOpening opening, DnsOutcome outcome) =>
        opening.SecondQuery is not null ? outcome
        : opening.FirstQuery.Type switch
        {
            DnsRecordType.A => ReplyVerdict.OfFamily(AddressFamily.InterNetwork, outcome),
            DnsRecordType.Aaaa => ReplyVerdict.OfFamily(AddressFamily.InterNetworkV6, outcome),
            _ => outcome,
        };

    /// <summary>Asks for one type, and again for the target of an alias where the servers leave that to the client.</summary>
    private async Task<DnsOutcome> AskTypeAsync(
        DnsQuery query, DnsSettings current, OpenedQuestion? opened, CancellationToken cancellationToken)
    {
        opened = opened?.IsUnderWay() == true ? opened : null;
        TimeSpan ttl = TimeSpan.MaxValue;
        TimeSpan least = TimeSpan.Zero;
        for (int questions = 1; ; questions++)
        {
            ServerReply told = await servers.AskAsync(query, current, opened, cancellationToken).ConfigureAwait(false);
            switch (told.Reply)
            {
                case DnsReply.None none:
                    return ReplyVerdict.Denial(told, new Answer.Empty(none.Reason, Larger(least, Smaller(ttl, none.NegativeTtl))));
                case DnsReply.Records records:
                    return ReplyVerdict.Of(records with { Ttl = Larger(least, Smaller(ttl, records.Ttl)) });
                case DnsReply.Elsewhere elsewhere when elsewhere.Links <= query.LinksLeft && questions <= MaxQuestions:
                    ttl = Smaller(ttl, elsewhere.Ttl);
                    least += TtlForEachQuestion;
                    query = query with { Host = elsewhere.Target, LinksLeft = query.LinksLeft - elsewhere.Links };
                    opened = null;
                    break;
                default:
                    return ReplyVerdict.Failure(told);
            }
        }
    }

    private static TimeSpan Larger(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
