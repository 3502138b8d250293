namespace DnsAwareHttp.Pools;

/// <summary>The stay of a request inside a pool: from before it is sent until its response headers have arrived.</summary>
internal readonly struct GateLease(DrainGate gate) : IDisposable
{
    public void Dispose() => gate.Exit();
}
