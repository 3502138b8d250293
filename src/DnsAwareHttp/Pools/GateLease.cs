namespace DnsAwareHttp.Pools;

/// <summary>The stay of a request inside a pool. It ends when the response headers have arrived, or the request has failed.</summary>
/// <param name="pool">The pool.</param>
/// <param name="sent">The result of <see cref="PoolTiming.OnSent"/>; 0: the request is not timed.</param>
internal readonly struct GateLease(EndpointPool pool, long sent) : IDisposable
{
    public EndpointPool Pool => pool;

    /// <inheritdoc cref="PoolTiming.OnAnswered"/>
    public void OnAnswered(bool isGood) => pool.Outcomes.Timing?.OnAnswered(sent, isGood);

    /// <inheritdoc cref="PoolTiming.OnUnanswered"/>
    public void OnUnanswered(bool isGivenUp, bool wasSent = true) => pool.Outcomes.Timing?.OnUnanswered(sent, isGivenUp, wasSent);

    public void Dispose()
    {
        pool.Room.Leave();
        if (pool.Outcomes.Timing is PoolTiming timing && pool.ActiveRequests == 0)
        {
            timing.OnEmpty();
        }
    }
}
