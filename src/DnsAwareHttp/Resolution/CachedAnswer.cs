using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Resolution;

/// <summary>The knowledge about a name at one moment: the outcome of the latest question, and the last good answer.</summary>
/// <param name="Version">Rises with each answer. A listener can recognize an older answer that arrives late.</param>
/// <param name="Latest">The outcome of the latest question, normalised.</param>
/// <param name="LastGood">
/// The addresses, or the targets of a service, that may be used. Null before the first good answer, and when it is older than
/// <see cref="DnsCacheOptions.MaxStale"/> allows.
/// </param>
/// <param name="LastGoodAt">When the question that brought <paramref name="LastGood"/> was sent.</param>
/// <param name="ExpiresAt">Until when <paramref name="Latest"/> is believed.</param>
/// <param name="RefreshAt">When the next question is due while the name is in use.</param>
/// <param name="Failures">Failures in a row.</param>
internal sealed record CachedAnswer(
    long Version,
    Answer Latest,
    Answer.Found? LastGood,
    DateTimeOffset? LastGoodAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset RefreshAt,
    int Failures)
{
    /// <summary>Rises when the sources change: the name servers, a file, the network. A history of answers is of one number.</summary>
    public int Sources { get; init; }

    /// <summary>More addresses than any cluster keeps. The rest of a larger answer is ignored.</summary>
    private const int MaxAddresses = 4096;

    /// <summary>When the latest question was sent, whatever its outcome.</summary>
    public DateTimeOffset SentAt { get; init; }

    /// <summary>Whether the addresses are used after their TTL because questions fail.</summary>
    public bool IsStale => LastGood is not null && Latest is Answer.Failed;

    /// <summary>Whether the addresses are older than <see cref="DnsCacheOptions.MaxStale"/> allows.</summary>
    public bool IsTooOld(DateTimeOffset now, DnsCacheOptions options) =>
        LastGood is not null
        && LastGoodAt is DateTimeOffset goodAt
        && now > goodAt + TtlPolicy.Lifetime(LastGood, options) + options.MaxStale;

    /// <summary>The answer as a snapshot shows it, with the addresses that it stands for.</summary>
    public AnswerSnapshot Snapshot(ImmutableArray<IPAddress> addresses) => new()
    {
        Latest = Latest,
        Addresses = addresses,
        ReceivedAt = LastGoodAt,
        ExpiresAt = ExpiresAt,
        IsStale = IsStale,
    };

    /// <summary>The knowledge after one more answer.</summary>
    /// <param name="before">The knowledge before; null for the first answer.</param>
    /// <param name="answer">The outcome as the resolver gave it.</param>
    /// <param name="family">The only family that is wanted, or unspecified.</param>
    /// <param name="sentAt">When the question was sent: the TTL counts from there.</param>
    /// <param name="now">When the outcome arrived.</param>
    /// <param name="options">Clamps and stale window.</param>
    /// <param name="random">The source of the jitter.</param>
    public static CachedAnswer After(
        CachedAnswer? before, Answer answer, AddressFamily family, DateTimeOffset sentAt, DateTimeOffset now, DnsCacheOptions options,
        Random random)
    {
        answer = Normalize(answer, family);
        long version = (before?.Version ?? 0) + 1;
        if (answer is Answer.Failed)
        {
            int failures = (before?.Failures ?? 0) + 1;
            Answer.Found? kept = before is null || before.IsTooOld(now, options) ? null : before.LastGood;
            return new CachedAnswer(
                version, answer, kept, kept is null ? null : before?.LastGoodAt,
                now + TtlPolicy.FailureLifetime, now + Backoff.After(failures, Backoff.MaxForNames, random), failures);
        }

        TimeSpan lifetime = TtlPolicy.Lifetime(answer, options);
        DateTimeOffset expiresAt = sentAt + lifetime;
        DateTimeOffset refreshAt = Latest(expiresAt + TtlPolicy.Jitter(lifetime, random), now);
        if (answer is not Answer.Found found)
        {
            return new CachedAnswer(version, answer, null, null, expiresAt, refreshAt, 0);
        }

        if (found.FailedFamily is not AddressFamily.Unspecified)
        {
            // The question for one family failed. Its known addresses still hold, and it is asked again soon.
            int failures = (before?.Failures ?? 0) + 1;
            found = WithKnown(found, before?.LastGood);
            DateTimeOffset soon = now + Backoff.After(failures, Backoff.MaxForNames, random);
            return new CachedAnswer(version, found, found, sentAt, expiresAt, soon < refreshAt ? soon : refreshAt, failures);
        }

        return new CachedAnswer(version, found, found, sentAt, expiresAt, refreshAt, 0);

        static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
    }

    private static Answer Normalize(Answer answer, AddressFamily family)
    {
        if (answer is not Answer.Found { IsService: false } found)
        {
            return answer;
        }

        HashSet<IPAddress> seen = [];
        ImmutableArray<IPAddress>.Builder addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (IPAddress address in found.Addresses.IsDefault ? [] : found.Addresses)
        {
            IPAddress plain = AnswerMerge.Plain(address);
            if ((family is AddressFamily.Unspecified || plain.AddressFamily == family)
                && !AnswerMerge.IsUnspecified(plain)
                && seen.Add(plain))
            {
                addresses.Add(plain);
            }

            if (addresses.Count == MaxAddresses)
            {
                break;
            }
        }

        return addresses.Count == 0 ? new Answer.Empty(EmptyReason.NoData, found.Ttl) : found with { Addresses = addresses.ToImmutable() };
    }

    private static Answer.Found WithKnown(Answer.Found found, Answer.Found? known) =>
        known is null
            ? found
            : found with
            {
                Addresses =
                [
                    .. found.Addresses,
                    .. known.Addresses.Where(address => address.AddressFamily == found.FailedFamily && !found.Addresses.Contains(address)),
                ],
            };
}
