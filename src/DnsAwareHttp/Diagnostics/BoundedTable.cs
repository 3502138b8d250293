using System.Collections.Concurrent;

namespace DnsAwareHttp.Diagnostics;

/// <summary>Values by keys that outsiders choose: the first keys have a value of their own, all later keys share one.</summary>
/// <remarks>A key keeps its place for good. If places were given back, an outsider could make series without end.</remarks>
/// <param name="max">The number of keys that have a value of their own.</param>
internal sealed class BoundedTable<TKey, TValue>(int max)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, TValue> _values = new();
    private int _count;

    /// <summary>The values. Reading them takes no lock.</summary>
    public IEnumerable<TValue> Values => _values.Select(static pair => pair.Value);

    /// <summary>The value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="make">Makes the value of a new key.</param>
    /// <param name="other">The value of a key beyond the bound.</param>
    public TValue Of(TKey key, Func<TKey, TValue> make, TValue other)
    {
        if (_values.TryGetValue(key, out TValue? known))
        {
            return known;
        }

        if (Volatile.Read(ref _count) >= max || !TryTakePlace())
        {
            return other;
        }

        TValue made = make(key);
        if (_values.TryAdd(key, made))
        {
            return made;
        }

        Interlocked.Decrement(ref _count);
        return _values[key];
    }

    private bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _count) <= max)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }
}
