namespace DnsAwareHttp.Pools;

/// <summary>The stay of a request inside a pool. It ends when the response headers have arrived, or the request has failed.</summary>
/// <param name="pool">The pool.</param>
/// <param name="sent">The result of <see cref="PoolTiming.OnSent"/>; 0: the request is not timed.</param>
internal readonly struct GateLease(EndpointPool pool, long sent) : IDisposable
{
    public EndpointPool Pool => pool;

    /// <summary>When the request was sent, for the pool's <see cref="EndpointPool.Timing"/>.</summary>
    public long Sent => sent;

    public void Dispose() => pool.Leave();
}
