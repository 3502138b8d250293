using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The answers that an origin followed: each counts once, and its news are noted for the readers of changes.</summary>
/// <param name="scope">The origin.</param>
/// <param name="name">The name that is asked for.</param>
internal sealed class AnswersFollowed(OriginScope scope, string name)
{
    private volatile CachedAnswer? _latest;

    /// <summary>Whether they are about the origin itself, and not about one target of its service.</summary>
    public bool AreOfOrigin { get; init; } = true;

    /// <summary>Whether an answer is later than all before. An answer may be told twice, or late.</summary>
    public bool IsNew(CachedAnswer answer) => answer.Version > (_latest?.Version ?? 0);

    /// <summary>The answer is followed from now on. One caller at a time.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="follow">Does what follows from it.</param>
    public void Follow(CachedAnswer answer, Action follow)
    {
        Take(answer);
        try
        {
            follow();
        }
        catch (Exception exception)
        {
            scope.Logger.ReconcileThrew(scope.Owner.Name, exception);
        }
    }

    /// <summary>The answer is known from now on.</summary>
    public void Take(CachedAnswer answer)
    {
        CachedAnswer? before = _latest;
        _latest = answer;
        if (AreOfOrigin)
        {
            scope.Answer.Latest = answer;
        }

        DateTimeOffset now = scope.Clock.Now;
        if (answer.Latest is Answer.Failed failed)
        {
            if (before?.Latest is not Answer.Failed)
            {
                Note(new DnsAwareChange.LookupFailed { At = now, Origin = scope.Owner.Name, Name = name, Reason = failed.Reason });
            }

            return;
        }

        if (before?.Latest is Answer.Failed)
        {
            Note(new DnsAwareChange.LookupRecovered { At = now, Origin = scope.Owner.Name, Name = name, Failures = before.Failures });
        }

        if (before is null || !HasSame(before, answer))
        {
            Note(new DnsAwareChange.AnswerChanged
            {
                At = now,
                Origin = scope.Owner.Name,
                Name = name,
                Addresses = AddressesOf(answer),
                Answer = answer.Latest.ToString()!,
            });
        }
    }

    private void Note(DnsAwareChange change) => scope.Journal.Note(change);

    private static bool HasSame(CachedAnswer one, CachedAnswer other) =>
        HasSame(AddressesOf(one), AddressesOf(other)) && HasSame(one.LastGood?.Targets ?? [], other.LastGood?.Targets ?? []);

    // Nearly always the order is the same, too.
    private static bool HasSame<T>(ImmutableArray<T> one, ImmutableArray<T> other) =>
        one.AsSpan().SequenceEqual(other.AsSpan()) || one.ToHashSet().SetEquals(other);

    private static ImmutableArray<IPAddress> AddressesOf(CachedAnswer answer) => answer.LastGood?.Addresses ?? [];
}
