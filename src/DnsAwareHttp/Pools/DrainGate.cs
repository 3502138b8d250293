namespace DnsAwareHttp.Pools;

/// <summary>Counts the requests inside a pool. Once closed, it lets no request in and tells when the last one has left.</summary>
/// <remarks>
/// Count and closed bit share one word. One instruction counts a request and shows whether the gate was open: no request slips in
/// between the look at the bit and the look at the count.
/// </remarks>
internal sealed class DrainGate
{
    private const long Closed = long.MinValue;

    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _word;

    /// <summary>Requests inside.</summary>
    public long Count => Volatile.Read(ref _word) & ~Closed;

    public bool IsClosed => Volatile.Read(ref _word) < 0;

    /// <summary>Ends when the gate is closed and the last request has left.</summary>
    public Task Empty => _empty.Task;

    /// <summary>Goes in, unless the gate is closed. Each success is followed by one <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _word) > 0)
        {
            return true;
        }

        // Closed. For a moment the count was one too high. The thread that takes it back to zero reports. A second report has no effect.
        Exit();
        return false;
    }

    /// <summary>Goes in, unless the gate is closed or so many are inside.</summary>
    /// <remarks>Look and count are one step: of two requests that see the last place, one takes it.</remarks>
    public bool TryEnter(long limit)
    {
        if (limit == long.MaxValue)
        {
            return TryEnter();
        }

        long word = Volatile.Read(ref _word);
        while (word >= 0 && word < limit)
        {
            long seen = Interlocked.CompareExchange(ref _word, word + 1, word);
            if (seen == word)
            {
                return true;
            }

            word = seen;
        }

        return false;
    }

    public void Exit()
    {
        if (Interlocked.Decrement(ref _word) == Closed)
        {
            _empty.TrySetResult();
        }
    }

    public void Close()
    {
        if ((Interlocked.Or(ref _word, Closed) & ~Closed) == 0)
        {
            _empty.TrySetResult();
        }
    }
}
