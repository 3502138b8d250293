using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution;

/// <summary>One question that is kept: what is known, the subscriptions, and the question in flight.</summary>
internal sealed class CacheEntry(Question question)
{
    private volatile CachedAnswer? _current;
    private volatile AddressFamily _preferredFamily;
    private long _overdueAt = long.MaxValue;

    /// <summary>Guards <see cref="Subscriptions"/> and the properties below it, and each change of <see cref="Current"/>.</summary>
    public OrderedLock Lock { get; } = new(LockRank.Name);

    public Question Question { get; } = question;

    /// <summary>The family that won when both were dialled.</summary>
    public AddressFamily PreferredFamily
    {
        get => _preferredFamily;
        set => _preferredFamily = value;
    }

    /// <summary>The latest answer; null before the first one. Replaced as a whole, read without the lock.</summary>
    public CachedAnswer? Current
    {
        get => _current;
        set
        {
            Lock.AssertHeld();
            _current = value;
        }
    }

    /// <summary>When the answer is late: its refresh should have begun long before. A time of <see cref="Lateness"/>.</summary>
    public long OverdueAt
    {
        get => Volatile.Read(ref _overdueAt);
        set => Volatile.Write(ref _overdueAt, value);
    }

    /// <summary>The subscriptions, also of listeners that were collected.</summary>
    public ImmutableArray<NameSubscription> Subscriptions { get; set; } = [];

    /// <summary>The question in flight. It ends after its answer was reported to the listeners.</summary>
    public Task<CachedAnswer>? InFlight { get; set; }

    /// <summary>The version that was known when the question in flight was sent; 0 for the first question.</summary>
    public long VersionWhenSent { get; set; }

    /// <summary>When the question in flight was sent; null while it waits for its turn.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>When a request that cannot connect last caused a question, or will.</summary>
    public DateTimeOffset LastAwaitedAt { get; set; } = DateTimeOffset.MinValue;

    /// <summary>How often the sources changed. Answers tell by it which of them are of the same sources.</summary>
    public int Sources { get; set; }

    /// <summary><see cref="Sources"/> when the question in flight was sent.</summary>
    public int SourcesWhenSent { get; set; }

    /// <summary>The step after the question in flight.</summary>
    public FollowUp FollowUp { get; set; }

    /// <summary>When a hint last led to an early question, or will.</summary>
    public DateTimeOffset LastHintAt { get; set; } = DateTimeOffset.MinValue;

    /// <summary>The entry left the table. A new entry takes its place.</summary>
    public bool IsEvicted { get; set; }

    /// <summary>When the next question is planned; <see cref="DateTimeOffset.MaxValue"/>: never.</summary>
    /// <remarks>The lock of <see cref="RefreshSchedule"/> guards it.</remarks>
    public DateTimeOffset Due { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>A counter value: the lowest was used longest ago. Any thread writes it.</summary>
    public long LastUsed { get; set; }

    /// <summary>Whether the answer to the question in flight is known, and is being reported to the listeners.</summary>
    public bool IsReporting_NeedsLock()
    {
        Lock.AssertHeld();
        return InFlight is not null && (Current?.Version ?? 0) != VersionWhenSent;
    }

    /// <summary>The least time between two questions in the background: that of the subscription that is the least patient.</summary>
    public TimeSpan LeastInterval_NeedsLock()
    {
        Lock.AssertHeld();
        TimeSpan? least = null;
        foreach (NameSubscription one in Subscriptions)
        {
            TimeSpan interval = one.Pace?.LeastInterval ?? TimeSpan.Zero;
            least = least < interval ? least : interval;
        }

        return least ?? TimeSpan.Zero;
    }

    /// <summary>Ends the belief in what is known: the next use asks.</summary>
    public void Expire_NeedsLock(DateTimeOffset now)
    {
        Lock.AssertHeld();
        if (Current is CachedAnswer current && current.ExpiresAt > now)
        {
            Current = current with { ExpiresAt = now };
        }
    }
}
