using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Looks up the records of one absolute name. Follows the aliases that the servers do not follow.</summary>
internal sealed class DnsLookup(HedgedQuery servers, TimeProvider timeProvider)
{
    // A server that gives one alias at a time, and never an end.
    private const int MaxQuestions = 16;

    private static readonly DnsOutcome NoAaaa =
        new(new Answer.Empty(EmptyReason.NoData, DnsMessageReader.DefaultNegativeTtl), WasAsked: true);

    // A chain of aliases that the servers do not follow costs a question for each. Whoever owns a name must not have us ask without end.
    private static readonly TimeSpan TtlForEachQuestion = TimeSpan.FromSeconds(1);

    public Task<DnsOutcome> AskAsync(
        string name, QuestionKind kind, DnsSettings current, CancellationToken cancellationToken) => kind switch
        {
            QuestionKind.Service => AskTypeAsync(name, DnsRecordType.Srv, current, cancellationToken),
            QuestionKind.A => AskFamilyAsync(name, AddressFamily.InterNetwork, current, cancellationToken),
            QuestionKind.Aaaa when current.WithoutAaaa => Task.FromResult(NoAaaa),
            QuestionKind.Aaaa => AskFamilyAsync(name, AddressFamily.InterNetworkV6, current, cancellationToken),
            _ when current.WithoutAaaa => AskFamilyAsync(name, AddressFamily.InterNetwork, current, cancellationToken),
            _ => AskBothAsync(name, current, cancellationToken),
        };

    private async Task<DnsOutcome> AskBothAsync(string name, DnsSettings current, CancellationToken cancellationToken)
    {
        using NetworkDeadline patience = new(Timeout.InfiniteTimeSpan, timeProvider, cancellationToken);
        Task<DnsOutcome> v4 = AskHalfAsync(name, DnsRecordType.A, current, patience.Token, cancellationToken);
        if (current.OneByOne)
        {
            LimitOther(await Task.WhenAny(v4).ConfigureAwait(false));
        }

        Task<DnsOutcome> v6 = AskHalfAsync(name, DnsRecordType.Aaaa, current, patience.Token, cancellationToken);
        LimitOther(await Task.WhenAny(v4, v6).ConfigureAwait(false));
        DnsOutcome[] halves = await Task.WhenAll(v4, v6).ConfigureAwait(false);
        return Merge(halves[0], halves[1]);

        // Some networks drop the questions for one type. Retries must not use up the time of a name whose other family is known.
        void LimitOther(Task<DnsOutcome> half)
        {
            if (half is { IsCompletedSuccessfully: true, Result.Answer: Answer.Found })
            {
                patience.Change(current.Timeout);
            }
        }
    }

    private async Task<DnsOutcome> AskHalfAsync(
        string name, DnsRecordType type, DnsSettings current, CancellationToken patience, CancellationToken cancellationToken)
    {
        try
        {
            return await AskTypeAsync(name, type, current, patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string reason = $"no server answered for type {type.ToString().ToUpperInvariant()} in time";
            return new DnsOutcome(new Answer.Failed(reason), WasAsked: true);
        }
    }

    private static DnsOutcome Merge(DnsOutcome v4, DnsOutcome v6)
    {
        Answer merged = AnswerMerge.Merge(v4.Answer, v6.Answer);
        return new DnsOutcome(merged, merged is not Answer.Failed || (v4.WasAsked && v6.WasAsked));
    }

    private async Task<DnsOutcome> AskFamilyAsync(
        string name, AddressFamily family, DnsSettings current, CancellationToken cancellationToken)
    {
        DnsRecordType type = family == AddressFamily.InterNetworkV6 ? DnsRecordType.Aaaa : DnsRecordType.A;
        return OfFamily(family, await AskTypeAsync(name, type, current, cancellationToken).ConfigureAwait(false));
    }

    // An IPv4-mapped address in an AAAA record is an IPv4 address, which was not asked for.
    private static DnsOutcome OfFamily(AddressFamily family, DnsOutcome outcome)
    {
        if (outcome.Answer is not Answer.Found found)
        {
            return outcome;
        }

        ImmutableArray<IPAddress> addresses = [.. AnswerMerge.Distinct(found.Addresses).Where(address => address.AddressFamily == family)];
        Answer answer = addresses.IsEmpty ? new Answer.Empty(EmptyReason.NoData, found.Ttl) : found with { Addresses = addresses };
        return outcome with { Answer = answer };
    }

    /// <summary>Asks for one type, and again for the target of an alias where the servers leave that to the client.</summary>
    private async Task<DnsOutcome> AskTypeAsync(string name, DnsRecordType type, DnsSettings current, CancellationToken cancellationToken)
    {
        DnsQuery query = new(name, type);
        TimeSpan ttl = TimeSpan.MaxValue;
        TimeSpan least = TimeSpan.Zero;
        for (int questions = 1; ; questions++)
        {
            (NameServer server, DnsReply reply) = await servers.AskAsync(query, current, cancellationToken).ConfigureAwait(false);
            switch (reply)
            {
                case DnsReply.Records records:
                    Answer.Found found = new(records.Addresses, Larger(least, Smaller(ttl, records.Ttl))) { Targets = records.Targets };
                    return new DnsOutcome(AnswerMerge.Usable(found), WasAsked: true);
                case DnsReply.None none:
                    return new DnsOutcome(new Answer.Empty(none.Reason, Larger(least, Smaller(ttl, none.NegativeTtl))), WasAsked: true);
                case DnsReply.Elsewhere elsewhere when elsewhere.Links <= query.LinksLeft && questions <= MaxQuestions:
                    ttl = Smaller(ttl, elsewhere.Ttl);
                    least += TtlForEachQuestion;
                    query = query with { Host = elsewhere.Target, LinksLeft = query.LinksLeft - elsewhere.Links };
                    break;
                default:
                    return new DnsOutcome(FailureOf(server, reply), WasAsked: reply is not DnsReply.NoSocket);
            }
        }
    }

    private static Answer.Failed FailureOf(NameServer server, DnsReply reply) => reply switch
    {
        DnsReply.Refusal refusal => new Answer.Failed($"name server {server} answered {refusal.Code.ToString().ToUpperInvariant()}"),
        DnsReply.Malformed malformed => new Answer.Failed($"name server {server} sent a malformed answer: {malformed.Problem}"),
        DnsReply.Silence silence => new Answer.Failed($"name server {server}: {silence.Problem}", silence.Exception),
        DnsReply.NoSocket none => new Answer.Failed($"name server {server} cannot be asked: {none.Exception.Message}", none.Exception),
        DnsReply.Elsewhere => new Answer.Failed("the chain of aliases is too long, or is a loop"),
        _ => new Answer.Failed($"name server {server} sent only a part of its answer"),
    };

    private static TimeSpan Larger(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
