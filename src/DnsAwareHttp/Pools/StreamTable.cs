namespace DnsAwareHttp.Pools;

/// <summary>A set of HTTP/2 stream identifiers that two threads change without a lock.</summary>
/// <remarks>Identifiers grow, so neighbours have places of their own. An identifier whose places are all taken is left out.</remarks>
internal sealed class StreamTable
{
    private const int Size = 256;
    private const int MaxSteps = 8;

    private readonly int[] _places = new int[Size];

    /// <returns>Whether it was added: false if it is there already, or if there is no place.</returns>
    public bool Add(int stream)
    {
        for (int step = 0; step < MaxSteps; step++)
        {
            int there = Interlocked.CompareExchange(ref Place(stream, step), stream, 0);
            if (there == 0 || there == stream)
            {
                return there == 0;
            }
        }

        return false;
    }

    /// <returns>Whether it was there.</returns>
    public bool Remove(int stream)
    {
        for (int step = 0; step < MaxSteps; step++)
        {
            if (Volatile.Read(ref Place(stream, step)) == stream)
            {
                return Interlocked.CompareExchange(ref Place(stream, step), 0, stream) == stream;
            }
        }

        return false;
    }

    /// <summary>Removes all.</summary>
    /// <returns>How many there were.</returns>
    public int Clear()
    {
        int count = 0;
        for (int place = 0; place < Size; place++)
        {
            count += Interlocked.Exchange(ref _places[place], 0) == 0 ? 0 : 1;
        }

        return count;
    }

    private ref int Place(int stream, int step) => ref _places[((stream >> 1) + step) % Size];
}
