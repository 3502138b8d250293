using System.Collections.Concurrent;
using System.Collections.Immutable;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution;

/// <summary>The questions that are kept, one entry each, with their subscriptions.</summary>
/// <remarks>
/// When there are too many entries, entries without a subscription leave. Those with one stay. While nearly all have one, the table may be
/// a tenth larger than it need be: then it is searched only once for each tenth that is new or fell out of use.
/// </remarks>
/// <param name="maxEntries">Entries beyond this number leave, the least recently used first.</param>
internal sealed class NameTable(int maxEntries)
{
    private readonly ConcurrentDictionary<Question, CacheEntry> _entries = new();
    private long _useCounter;
    private int _count; // That of the dictionary takes all its locks.
    private int _searchAt = maxEntries + 1;
    private int _endedSinceSearch;
    private int _isSearching;

    public int Count => Volatile.Read(ref _count);

    public ICollection<CacheEntry> Entries => _entries.Values;

    /// <summary>How often the table was searched for names that may leave, for tests of the cost.</summary>
    internal int Searches { get; private set; }

    /// <summary>Called when the number of subscriptions changed, with the difference. The caller holds no lock.</summary>
    public Action<int>? SubscriptionsChanged { get; init; }

    /// <summary>Called for an entry that left. The caller holds no lock.</summary>
    public Action<CacheEntry>? Evicted { get; init; }

    /// <summary>The entry of a question, which is made if need be.</summary>
    public CacheEntry EntryOf(Question question)
    {
        while (true)
        {
            if (_entries.TryGetValue(question, out CacheEntry? known))
            {
                return known;
            }

            CacheEntry entry = new(question);
            if (_entries.TryAdd(question, entry))
            {
                Interlocked.Increment(ref _count);
                return entry;
            }
        }
    }

    /// <summary>Adds a subscription to the entry of its question, which is made if need be.</summary>
    public CacheEntry Add(NameSubscription subscription)
    {
        // Before the entry is read: what changes from now on is reported to it.
        SubscriptionsChanged?.Invoke(1);
        while (true)
        {
            CacheEntry entry = EntryOf(subscription.Question);
            entry.LastUsed = Interlocked.Increment(ref _useCounter);
            if (TryAdd(subscription, entry))
            {
                EvictIfFull();
                return entry;
            }
        }
    }

    public void Remove(NameSubscription subscription, CacheEntry entry) => TakeOut(entry, subscription, match: null);

    /// <summary>Whether the name has a listener. Subscriptions whose listener was collected end here.</summary>
    public bool IsInUse(CacheEntry entry)
    {
        TakeOut(entry, one: null, static one => one.Listener is null);
        using (entry.Lock.Enter())
        {
            return !entry.Subscriptions.IsEmpty;
        }
    }

    /// <summary>Whether the name is asked about in the background: it is in use, and was found once or is to be found.</summary>
    public bool IsKeptFresh(CacheEntry entry)
    {
        if (!IsInUse(entry))
        {
            return false;
        }

        using (entry.Lock.Enter())
        {
            return entry.Current is null or { WasEverGood: true } || entry.Subscriptions.Any(static one => one.KeepsAsking);
        }
    }

    /// <inheritdoc cref="CacheEntry.LeastInterval_NeedsLock"/>
    public static TimeSpan LeastIntervalOf(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            return entry.LeastInterval_NeedsLock();
        }
    }

    private static bool TryAdd(NameSubscription subscription, CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            if (!entry.IsEvicted)
            {
                entry.Subscriptions = entry.Subscriptions.Add(subscription);
            }

            return !entry.IsEvicted;
        }
    }

    private void TakeOut(CacheEntry entry, NameSubscription? one, Predicate<NameSubscription>? match)
    {
        int removed;
        using (entry.Lock.Enter())
        {
            ImmutableArray<NameSubscription> left = one is null ? entry.Subscriptions.RemoveAll(match!) : entry.Subscriptions.Remove(one);
            removed = entry.Subscriptions.Length - left.Length;
            entry.Subscriptions = left;
            if (removed > 0 && left.IsEmpty)
            {
                Interlocked.Increment(ref _endedSinceSearch);
            }
        }

        if (removed > 0)
        {
            SubscriptionsChanged?.Invoke(-removed);
        }
    }

    private void EvictIfFull()
    {
        int count = Count;
        bool mayFind = count >= Volatile.Read(ref _searchAt) || Volatile.Read(ref _endedSinceSearch) > count / 10;
        if (count <= maxEntries || !mayFind || Interlocked.Exchange(ref _isSearching, 1) != 0)
        {
            return;
        }

        try
        {
            Searches++;
            Volatile.Write(ref _endedSinceSearch, 0);

            // A tenth more leaves at once, so that a full table is not searched for each new name.
            Evict(count - maxEntries + (maxEntries / 10));
            count = Count;
            Volatile.Write(ref _searchAt, Math.Max(maxEntries + 1, count + Math.Max(1, count / 10)));
        }
        finally
        {
            Volatile.Write(ref _isSearching, 0);
        }
    }

    private void Evict(int max)
    {
        List<CacheEntry> unused = [.. _entries.Select(static pair => pair.Value).Where(entry => !IsInUse(entry))];
        foreach (CacheEntry entry in unused.OrderBy(static entry => entry.LastUsed))
        {
            if (max == 0)
            {
                return;
            }

            // This entry and no other: the name may have a new entry already.
            if (TryEvict(entry) && _entries.TryRemove(KeyValuePair.Create(entry.Question, entry)))
            {
                Interlocked.Decrement(ref _count);
                Evicted?.Invoke(entry);
                max--;
            }
        }
    }

    private static bool TryEvict(CacheEntry entry)
    {
        if (!entry.Lock.TryEnter(out OrderedLock.Scope scope))
        {
            return false;
        }

        using (scope)
        {
            entry.IsEvicted = entry.Subscriptions.IsEmpty && entry.InFlight is null;
            return entry.IsEvicted;
        }
    }
}
