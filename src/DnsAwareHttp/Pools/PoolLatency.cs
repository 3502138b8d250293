namespace DnsAwareHttp.Pools;

/// <summary>How long the endpoint takes to answer. The first request after each sample is timed: four a second at most.</summary>
/// <remarks>To time each request would cost more than all the rest of its way.</remarks>
/// <param name="now">The clock.</param>
internal sealed class PoolLatency(Func<DateTimeOffset> now)
{
    /// <summary>The mean is that of about the latest ten.</summary>
    private const double PartOfLatest = 0.1;

    private volatile bool _isDue = true;
    private long _meanTicks = -1;

    /// <summary>The mean time to the response headers; null while no request was timed.</summary>
    public TimeSpan? Mean => Volatile.Read(ref _meanTicks) is long ticks and >= 0 ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>The next request is timed.</summary>
    public void TimeNext() => _isDue = true;

    /// <summary>Times a request, if one is to be timed. The task stays the same.</summary>
    public Task<HttpResponseMessage> Watch(Task<HttpResponseMessage> sending)
    {
        if (_isDue && !sending.IsCompleted)
        {
            // Two at the same time are both timed: no harm.
            _isDue = false;
            Time(sending);
        }

        return sending;
    }

    private void Time(Task<HttpResponseMessage> sending)
    {
        DateTimeOffset began = now();
        sending.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() =>
        {
            if (sending.IsCompletedSuccessfully)
            {
                Note((now() - began).Ticks);
            }
        });
    }

    private void Note(long ticks)
    {
        long before = Volatile.Read(ref _meanTicks);
        Volatile.Write(ref _meanTicks, before < 0 ? ticks : before + (long)((ticks - before) * PartOfLatest));
    }
}
