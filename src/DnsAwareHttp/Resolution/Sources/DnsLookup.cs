using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Looks up the records of one absolute name. Follows the aliases that the servers do not follow.</summary>
internal sealed class DnsLookup(HedgedQuery servers, TimeProvider timeProvider)
{
    // A server that gives one alias at a time, and never an end.
    private const int MaxQuestions = 16;

    /// <summary>How long an answer about one family waits for the other (RFC 8305 section 3). Then the other joins it later.</summary>
    public static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    private static readonly DnsOutcome NoAaaa =
        new(new Answer.Empty(EmptyReason.NoData, DnsMessageReader.DefaultNegativeTtl), WasAsked: true);

    // A chain of aliases that the servers do not follow costs a question for each. Whoever owns a name must not have us ask without end.
    private static readonly TimeSpan TtlForEachQuestion = TimeSpan.FromSeconds(1);

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
            QuestionKind.Service => AskTypeAsync(a with { Type = DnsRecordType.Srv }, current, cancellationToken),
            QuestionKind.A => AskFamilyAsync(a, AddressFamily.InterNetwork, current, cancellationToken),
            QuestionKind.Aaaa when current.WithoutAaaa => Task.FromResult(NoAaaa),
            QuestionKind.Aaaa => AskFamilyAsync(aaaa, AddressFamily.InterNetworkV6, current, cancellationToken),
            _ when current.WithoutAaaa => AskFamilyAsync(a, AddressFamily.InterNetwork, current, cancellationToken),
            _ => AskBothAsync(a, aaaa, current, cancellationToken),
        };
    }

    private async Task<DnsOutcome> AskBothAsync(DnsQuery a, DnsQuery aaaa, DnsSettings current, CancellationToken cancellationToken)
    {
        Task<DnsOutcome> v4 = AskTypeAsync(a, current, cancellationToken);
        if (current.OneByOne)
        {
            await Task.WhenAny(v4).ConfigureAwait(false);
        }

        Task<DnsOutcome> v6 = AskTypeAsync(aaaa, current, cancellationToken);
        Task<DnsOutcome> first = await Task.WhenAny(v4, v6).ConfigureAwait(false);
        Task<DnsOutcome> both = MergeAsync(v4, v6);
        if (first is { IsCompletedSuccessfully: true, Result.Answer: Answer.Found found })
        {
            await ((Task)both).WaitAsync(ResolutionDelay, timeProvider, CancellationToken.None)
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
        return Merge(halves[0], halves[1]);
    }

    private static DnsOutcome Merge(DnsOutcome v4, DnsOutcome v6)
    {
        Answer merged = (v4, v6) switch
        {
            ({ Answer: Answer.Found found }, { Denied: Answer.Empty none }) => AnswerMerge.Merge(found, none),
            ({ Denied: Answer.Empty none }, { Answer: Answer.Found found }) => AnswerMerge.Merge(none, found),
            _ => AnswerMerge.Merge(v4.Answer, v6.Answer),
        };
        return new DnsOutcome(merged, merged is not Answer.Failed || (v4.WasAsked && v6.WasAsked));
    }

    private async Task<DnsOutcome> AskFamilyAsync(
        DnsQuery query, AddressFamily family, DnsSettings current, CancellationToken cancellationToken) =>
        OfFamily(family, await AskTypeAsync(query, current, cancellationToken).ConfigureAwait(false));

    // An IPv4-mapped address in an AAAA record is an IPv4 address, which was not asked for.
    private static DnsOutcome OfFamily(AddressFamily family, DnsOutcome outcome)
    {
        if (outcome.Answer is not Answer.Found found)
        {
            return outcome;
        }

        ImmutableArray<IPAddress> addresses = AnswerMerge.Distinct(found.Addresses);
        if (!addresses.All(address => address.AddressFamily == family))
        {
            addresses = [.. addresses.Where(address => address.AddressFamily == family)];
        }

        Answer answer = addresses.IsEmpty ? new Answer.Empty(EmptyReason.NoData, found.Ttl) : found with { Addresses = addresses };
        return outcome with { Answer = answer };
    }

    /// <summary>Asks for one type, and again for the target of an alias where the servers leave that to the client.</summary>
    private async Task<DnsOutcome> AskTypeAsync(DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        TimeSpan ttl = TimeSpan.MaxValue;
        TimeSpan least = TimeSpan.Zero;
        for (int questions = 1; ; questions++)
        {
            ServerReply told = await servers.AskAsync(query, current, cancellationToken).ConfigureAwait(false);
            switch (told.Reply)
            {
                case DnsReply.None none:
                    return Denial(told, new Answer.Empty(none.Reason, Larger(least, Smaller(ttl, none.NegativeTtl))));
                case DnsReply.Records records:
                    Answer.Found found = new(records.Addresses, Larger(least, Smaller(ttl, records.Ttl))) { Targets = records.Targets };
                    return new DnsOutcome(AnswerMerge.Usable(found), WasAsked: true);
                case DnsReply.Elsewhere elsewhere when elsewhere.Links <= query.LinksLeft && questions <= MaxQuestions:
                    ttl = Smaller(ttl, elsewhere.Ttl);
                    least += TtlForEachQuestion;
                    query = query with { Host = elsewhere.Target, LinksLeft = query.LinksLeft - elsewhere.Links };
                    break;
                default:
                    return new DnsOutcome(FailureOf(told.Server, told.Reply), WasAsked: told.Reply is not DnsReply.NoSocket);
            }
        }
    }

    private static DnsOutcome Denial(ServerReply told, Answer.Empty none) => told.Missing is null
        ? new DnsOutcome(none, WasAsked: true)
        : new DnsOutcome(
            new Answer.Failed($"name server {told.Missing} fails, and may know what {told.Server} denies"), WasAsked: true)
        {
            Denied = none,
        };

    private static Answer.Failed FailureOf(NameServer server, DnsReply reply) => reply switch
    {
        DnsReply.Refusal refusal => new Answer.Failed($"name server {server} answered {refusal.Code.ToString().ToUpperInvariant()}")
        {
            ErrorType = Enum.IsDefined(refusal.Code) ? refusal.Code.ToString().ToLowerInvariant() : null,
        },
        DnsReply.Malformed malformed => new Answer.Failed($"name server {server} sent a malformed answer: {malformed.Problem}")
        {
            ErrorType = "malformed",
        },
        DnsReply.Silence silence => new Answer.Failed($"name server {server}: {silence.Problem}", silence.Exception)
        {
            ErrorType = silence.Exception is null ? ErrorTypes.Timeout : null,
        },
        DnsReply.NoSocket none => new Answer.Failed($"name server {server} cannot be asked: {none.Exception.Message}", none.Exception),
        DnsReply.Lame => new Answer.Failed($"name server {server} does not know the zone of the name"),
        DnsReply.Elsewhere => new Answer.Failed("the chain of aliases is too long, or is a loop"),
        _ => new Answer.Failed($"name server {server} sent only a part of its answer"),
    };

    private static TimeSpan Larger(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
