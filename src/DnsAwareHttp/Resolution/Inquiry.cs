using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Resolution;

/// <summary>The question that is sent about a name: the whole one, or the one for the family that failed. Pure.</summary>
/// <param name="Question">The question to send.</param>
/// <param name="SentAt">When the oldest part of the answer was asked for: the TTL counts from there.</param>
/// <param name="Begun">What is known, where the answer completes it; null if all is asked for.</param>
internal readonly record struct Inquiry(Question Question, DateTimeOffset SentAt, CachedAnswer? Begun)
{
    /// <summary>The question that is due about a name now.</summary>
    /// <remarks>While the answer about one family holds, a failure of the other is no reason to ask for both.</remarks>
    public static Inquiry About(CacheEntry entry, DateTimeOffset now) =>
        entry is { Question.Kind: QuestionKind.Addresses, Current: CachedAnswer { LastGoodAt: DateTimeOffset sentAt } current }
        && current.RefreshAt <= now && now < current.ExpiresAt
        && current.Latest is Answer.Found { IsProvisional: false, Candidate: string name } found
        && found.FailedFamily is not AddressFamily.Unspecified
            ? new Inquiry(Question.ForAddresses(name + ".", found.FailedFamily), sentAt, current)
            : new Inquiry(entry.Question, now, null);

    /// <summary>The whole answer, after the answer to the question.</summary>
    public Answer Complete(Answer answer)
    {
        if (Begun is not { LastGood: Answer.Found known })
        {
            return answer;
        }

        Answer.Found part = OtherFamilyOf(known);
        bool asksForV6 = Question.Kind is QuestionKind.Aaaa;
        Answer whole = asksForV6 ? AnswerMerge.Merge(part, answer) : AnswerMerge.Merge(answer, part);
        return whole is Answer.Found found ? found.Under(part.Candidate!, isProvisional: false) : whole;
    }

    private static Answer.Found OtherFamilyOf(Answer.Found found)
    {
        ImmutableArray<IPAddress> addresses = [.. found.Addresses.Where(address => address.AddressFamily != found.FailedFamily)];
        return found with { Addresses = addresses, FailedFamily = AddressFamily.Unspecified, Rest = null };
    }
}
