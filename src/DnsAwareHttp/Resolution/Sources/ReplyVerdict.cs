using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>What the replies of the servers mean for a lookup. Pure.</summary>
internal static class ReplyVerdict
{
    /// <summary>The outcome of a reply that is an answer.</summary>
    public static DnsOutcome Of(DnsReply plain) => plain switch
    {
        DnsReply.Records records => new DnsOutcome(
            AnswerMerge.Usable(new Answer.Found(records.Addresses, records.Ttl) { Targets = records.Targets }), WasAsked: true),
        DnsReply.None none => new DnsOutcome(new Answer.Empty(none.Reason, none.NegativeTtl), WasAsked: true),
        _ => throw new ArgumentException("The reply is no answer.", nameof(plain)),
    };

    /// <summary>The outcome of the plain replies about both families.</summary>
    /// <remarks>As the merge of both, and with all that is said of the answer later: it is made once.</remarks>
    public static DnsOutcome Of(OpenedQuestion v4, OpenedQuestion v6) =>
        v4.Reply is DnsReply.Records one && AnswerMerge.IsPlain(one.Addresses, AddressFamily.InterNetwork)
        && v6.Reply is DnsReply.Records other && AnswerMerge.IsPlain(other.Addresses, AddressFamily.InterNetworkV6)
            ? new DnsOutcome(
                new Answer.Found([.. one.Addresses, .. other.Addresses], Smaller(one.Ttl, other.Ttl))
                {
                    Candidate = v4.Query!.Host,
                    Source = DnsResolver.Source,
                },
                WasAsked: true)
            : Merge(Of(v4.Reply!), Of(v6.Reply!));

    /// <summary>The outcome of a reply that denies. It is a failure while a server before it may know better.</summary>
    public static DnsOutcome Denial(ServerReply told, Answer.Empty none) => told.Missing is null
        ? new DnsOutcome(none, WasAsked: true)
        : new DnsOutcome(
            new Answer.Failed($"name server {told.Missing} fails, and may know what {told.Server} denies"), WasAsked: true)
        {
            Denied = none,
        };

    /// <summary>The outcome of a reply that is no answer.</summary>
    public static DnsOutcome Failure(ServerReply told) =>
        new(FailureOf(told.Server, told.Reply), WasAsked: told.Reply is not DnsReply.NoSocket);

    /// <summary>One outcome of those about both families.</summary>
    public static DnsOutcome Merge(DnsOutcome v4, DnsOutcome v6)
    {
        Answer merged = (v4, v6) switch
        {
            ({ Answer: Answer.Found found }, { Denied: Answer.Empty none }) => AnswerMerge.Merge(found, none),
            ({ Denied: Answer.Empty none }, { Answer: Answer.Found found }) => AnswerMerge.Merge(none, found),
            _ => AnswerMerge.Merge(v4.Answer, v6.Answer),
        };
        return new DnsOutcome(merged, merged is not Answer.Failed || (v4.WasAsked && v6.WasAsked));
    }

    /// <summary>The outcome without addresses of the other family.</summary>
    /// <remarks>An IPv4-mapped address in an AAAA record is an IPv4 address, which was not asked for.</remarks>
    public static DnsOutcome OfFamily(AddressFamily family, DnsOutcome outcome)
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

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
