using System.Collections.Concurrent;
using System.Collections.Immutable;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution;

/// <summary>The questions that are kept, one entry each, with their subscriptions.</summary>
/// <remarks>When there are too many entries, entries without a subscription leave.</remarks>
/// <param name="maxEntries">Entries beyond this number leave, the least recently used first.</param>
internal sealed class NameTable(int maxEntries)
{
    private readonly ConcurrentDictionary<Question, CacheEntry> _entries = new();
    private long _useCounter;
    private int _subscriptions;

    public int Count => _entries.Count;

    public ICollection<CacheEntry> Entries => _entries.Values;

    /// <summary>How often the table was sorted to find names that may leave, for tests of the cost.</summary>
    internal int Sweeps { get; private set; }

    /// <summary>Called when the number of subscriptions changed, with the difference. The caller holds no lock.</summary>
    public Action<int>? SubscriptionsChanged { get; init; }

    /// <summary>Called for an entry that left. The caller holds no lock.</summary>
    public Action<CacheEntry>? Evicted { get; init; }

    /// <summary>The entry of a question, which is made if need be.</summary>
    public CacheEntry EntryOf(Question question) => _entries.GetOrAdd(question, static question => new CacheEntry(question));

    /// <summary>Adds a subscription to the entry of its question, which is made if need be.</summary>
    public CacheEntry Add(NameSubscription subscription)
    {
        // Before the entry is read: what changes from now on is reported to it.
        OnSubscriptionsChanged(1);
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

    public void Remove(NameSubscription subscription, CacheEntry entry) => RemoveAll(entry, one => one == subscription);

    /// <summary>Whether the name has a listener. Subscriptions whose listener was collected end here.</summary>
    public bool IsInUse(CacheEntry entry)
    {
        RemoveAll(entry, static one => one.Listener is null);
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

    /// <summary>The least time between two questions in the background: that of the subscription that is the least patient.</summary>
    public static TimeSpan LeastIntervalOf(CacheEntry entry)
    {
        using (entry.Lock.Enter())
        {
            return entry.Subscriptions.IsEmpty
                ? TimeSpan.Zero
                : entry.Subscriptions.Min(static one => one.Pace?.LeastInterval ?? TimeSpan.Zero);
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

    private void RemoveAll(CacheEntry entry, Predicate<NameSubscription> match)
    {
        int removed;
        using (entry.Lock.Enter())
        {
            ImmutableArray<NameSubscription> left = entry.Subscriptions.RemoveAll(match);
            removed = entry.Subscriptions.Length - left.Length;
            entry.Subscriptions = left;
        }

        if (removed > 0)
        {
            OnSubscriptionsChanged(-removed);
        }
    }

    private void OnSubscriptionsChanged(int difference)
    {
        Interlocked.Add(ref _subscriptions, difference);
        SubscriptionsChanged?.Invoke(difference);
    }

    private void EvictIfFull()
    {
        // A tenth more leaves at once, so that a full table is not sorted for each new name. If nearly all names are in use, and cannot
        // leave, a tenth more comes in before it is sorted again.
        int count = _entries.Count;
        int tenth = maxEntries / 10;
        if (count <= Math.Max(maxEntries, Volatile.Read(ref _subscriptions) + tenth))
        {
            return;
        }

        Sweeps++;
        int left = count - maxEntries + tenth;
        foreach ((Question question, CacheEntry entry) in _entries.ToArray().OrderBy(static pair => pair.Value.LastUsed))
        {
            if (left == 0)
            {
                return;
            }

            if (!IsInUse(entry) && TryEvict(entry))
            {
                // This entry and no other: two threads may evict at a time, and the name may have a new entry already.
                _entries.TryRemove(KeyValuePair.Create(question, entry));
                Evicted?.Invoke(entry);
                left--;
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
