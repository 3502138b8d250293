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
    public int Sources { get; private set; }

    /// <summary>More addresses than any cluster keeps. The rest of a larger answer is ignored.</summary>
    private const int MaxAddresses = 4096;

    /// <summary>When the latest question was sent, whatever its outcome.</summary>
    public DateTimeOffset SentAt { get; private set; }

    /// <summary>When the question that brought the addresses of the failing family was sent; null while no family fails.</summary>
    public DateTimeOffset? FamilyGoodAt { get; init; }

    /// <summary>Whether the name ever had a good answer. If not, it is asked about only while a request waits.</summary>
    public bool WasEverGood { get; private set; }

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
        Source = Latest.Source ?? "",
        NextQuestionAt = RefreshAt,
        Failures = Failures,
        LastError = (Latest as Answer.Failed)?.Reason,
    };

    /// <summary>The knowledge after one more answer.</summary>
    /// <param name="before">The knowledge before; null for the first answer.</param>
    /// <param name="answer">The outcome as the resolver gave it.</param>
    /// <param name="family">The only family that is wanted, or unspecified.</param>
    /// <param name="sentAt">When the question was sent: the TTL counts from there.</param>
    /// <param name="now">When the outcome arrived.</param>
    /// <param name="options">Clamps and stale window.</param>
    /// <param name="random">The source of the jitter.</param>
    /// <param name="sources">As <see cref="Sources"/>.</param>
    public static CachedAnswer After(
        CachedAnswer? before, Answer answer, AddressFamily family, DateTimeOffset sentAt, DateTimeOffset now, DnsCacheOptions options,
        Random random, int sources = 0)
    {
        answer = Normalize(answer, family);
        CachedAnswer after = answer is Answer.Failed failed
            ? AfterFailure(before, failed, now, options, random)
            : AfterAnswer(before, answer, sentAt, now, options, random);

        // No other code has it yet.
        (after.SentAt, after.Sources) = (sentAt, sources);
        after.WasEverGood = before is { WasEverGood: true } || after.LastGood is not null;
        return after;
    }

    private static long NextVersion(CachedAnswer? before) => (before?.Version ?? 0) + 1;

    private static CachedAnswer AfterFailure(
        CachedAnswer? before, Answer.Failed failed, DateTimeOffset now, DnsCacheOptions options, Random random)
    {
        int failures = (before?.Failures ?? 0) + 1;
        Answer.Found? kept = before is null || before.IsTooOld(now, options) ? null : before.LastGood;
        return new CachedAnswer(
            NextVersion(before), failed, kept, kept is null ? null : before?.LastGoodAt,
            now + TtlPolicy.FailureLifetime, now + Backoff.After(failures, Backoff.MaxForNames, random), failures)
        {
            FamilyGoodAt = kept is null ? null : before?.FamilyGoodAt,
        };
    }

    private static CachedAnswer AfterAnswer(
        CachedAnswer? before, Answer answer, DateTimeOffset sentAt, DateTimeOffset now, DnsCacheOptions options, Random random)
    {
        TimeSpan lifetime = TtlPolicy.Lifetime(answer, options);
        DateTimeOffset expiresAt = sentAt + lifetime;
        DateTimeOffset refreshAt = Latest(expiresAt + TtlPolicy.Jitter(lifetime, random), now);
        if (answer is not Answer.Found found)
        {
            return new CachedAnswer(NextVersion(before), answer, null, null, expiresAt, refreshAt, 0);
        }

        // The question for one family failed, or is late. Its known addresses still hold.
        DateTimeOffset? familyGoodAt = FamilyGoodAtAfter(before, found);
        bool holds = before?.LastGood is Answer.Found last && now <= familyGoodAt + TtlPolicy.Lifetime(last, options) + options.MaxStale;
        found = holds ? WithKnown(found, before!.LastGood!) : found;
        CachedAnswer whole = new(NextVersion(before), found, found, sentAt, expiresAt, refreshAt, 0) { FamilyGoodAt = familyGoodAt };
        if (found.Rest is not null)
        {
            return whole with { Failures = before?.Failures ?? 0 };
        }

        // What failed is asked again soon.
        return found is { FailedFamily: AddressFamily.Unspecified, IsProvisional: false } ? whole : AgainSoon(whole, before, now, random);

        static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
    }

    private static CachedAnswer AgainSoon(CachedAnswer whole, CachedAnswer? before, DateTimeOffset now, Random random)
    {
        int failures = (before?.Failures ?? 0) + 1;
        TimeSpan max = whole.LastGood is { IsProvisional: true } ? Backoff.MaxForProvisional : Backoff.MaxForNames;
        DateTimeOffset soon = now + Backoff.After(failures, max, random);
        return whole with { Failures = failures, RefreshAt = soon < whole.RefreshAt ? soon : whole.RefreshAt };
    }

    private static DateTimeOffset? FamilyGoodAtAfter(CachedAnswer? before, Answer.Found found) =>
        found.FailedFamily is AddressFamily.Unspecified ? null
        : before?.LastGood?.FailedFamily == found.FailedFamily ? before.FamilyGoodAt
        : before?.LastGoodAt;

    private static Answer Normalize(Answer answer, AddressFamily family)
    {
        if (answer is not Answer.Found { IsService: false } found)
        {
            return answer;
        }

        // Nearly each answer is as it should be.
        if (AnswerMerge.IsPlain(found.Addresses, family))
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

        return addresses.Count == 0
            ? new Answer.Empty(EmptyReason.NoData, found.Ttl).From(found.Source)
            : found with { Addresses = addresses.ToImmutable() };
    }

    private static Answer.Found WithKnown(Answer.Found found, Answer.Found known) => found with
    {
        Addresses =
        [
            .. found.Addresses,
            .. known.Addresses.Where(address => address.AddressFamily == found.FailedFamily && !found.Addresses.Contains(address)),
        ],
    };
}
