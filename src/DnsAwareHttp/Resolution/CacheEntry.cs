using System.Collections.Immutable;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>One question that is kept: what is known, the subscriptions, and the question in flight.</summary>
internal sealed class CacheEntry(Question question)
{
    private volatile CachedAnswer? _current;
    private volatile AddressFamily _preferredFamily;

    /// <summary>Guards the fields below it. Nothing is called while it is held.</summary>
    public Lock Sync { get; } = new();

    public Question Question { get; } = question;

    /// <summary>The family that won when both were dialled.</summary>
    public AddressFamily PreferredFamily
    {
        get => _preferredFamily;
        set => _preferredFamily = value;
    }

    /// <summary>What is known; null before the first answer. Replaced as a whole.</summary>
    public CachedAnswer? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>The subscriptions, those of collected listeners among them. Guarded by <see cref="Sync"/>.</summary>
    public ImmutableArray<NameSubscription> Subscriptions { get; set; } = [];

    /// <summary>The question in flight, shared by all who want its answer. Guarded by <see cref="Sync"/>.</summary>
    public Task<CachedAnswer>? InFlight { get; set; }

    /// <summary>What is in flight was asked before something changed: ask once more. Guarded by <see cref="Sync"/>.</summary>
    public bool AskAgain { get; set; }

    /// <summary>When the last early refresh was allowed, or will be. Guarded by <see cref="Sync"/>.</summary>
    public DateTimeOffset LastHintAt { get; set; } = DateTimeOffset.MinValue;

    /// <summary>The name was evicted: who finds it thus looks it up anew. Guarded by <see cref="Sync"/>.</summary>
    public bool Evicted { get; set; }

    /// <summary>When the refresher will ask next; <see cref="DateTimeOffset.MaxValue"/> when nothing is planned. Guarded by the refresher's schedule lock.</summary>
    public DateTimeOffset Due { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>A counter value that tells how long ago the name was wanted. Written by any thread; only its order matters.</summary>
    public long LastUsed { get; set; }
}
