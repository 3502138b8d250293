namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Things of which any one may be drawn.</summary>
internal sealed class Bag<T>
    where T : class
{
    private readonly List<T> _things = [];
    private readonly Lock _sync = new();

    public int Count
    {
        get
        {
            lock (_sync)
            {
                return _things.Count;
            }
        }
    }

    public void Add(T thing)
    {
        lock (_sync)
        {
            _things.Add(thing);
        }
    }

    /// <summary>Takes one out; null when there is none.</summary>
    public T? Draw(Random random)
    {
        lock (_sync)
        {
            return _things.Count == 0 ? null : TakeAt_NeedsLock(random.Next(_things.Count));
        }
    }

    /// <summary>Takes out all of a kind.</summary>
    public List<T> DrawAll(Func<T, bool> isOne)
    {
        List<T> drawn = [];
        lock (_sync)
        {
            for (int at = _things.Count - 1; at >= 0; at--)
            {
                if (isOne(_things[at]))
                {
                    drawn.Add(TakeAt_NeedsLock(at));
                }
            }
        }

        return drawn;
    }

    private T TakeAt_NeedsLock(int at)
    {
        T thing = _things[at];
        _things[at] = _things[^1];
        _things.RemoveAt(_things.Count - 1);
        return thing;
    }
}
