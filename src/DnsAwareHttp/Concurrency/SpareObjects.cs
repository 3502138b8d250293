using System.Collections.Concurrent;

namespace DnsAwareHttp.Concurrency;

/// <summary>Objects that are not in use at the moment, and are used again instead of new ones.</summary>
/// <param name="max">How many are kept. Those beyond it are left to the collector.</param>
internal sealed class SpareObjects<T>(int max)
    where T : class
{
    private readonly ConcurrentQueue<T> _spare = new();
    private int _count;

    /// <summary>An object that was given back, or a new one.</summary>
    public T Take<TArgument>(Func<TArgument, T> make, TArgument argument)
    {
        if (!_spare.TryDequeue(out T? spare))
        {
            return make(argument);
        }

        Interlocked.Decrement(ref _count);
        return spare;
    }

    /// <summary>Keeps an object that no code uses any more.</summary>
    /// <returns>False when there are enough: the caller disposes it.</returns>
    public bool TryKeep(T spare)
    {
        if (Interlocked.Increment(ref _count) > max)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _spare.Enqueue(spare);
        return true;
    }
}
