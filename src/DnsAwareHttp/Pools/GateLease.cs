namespace DnsAwareHttp.Pools;

/// <summary>A request's stay inside a pool, from before it is sent until its response headers have arrived.</summary>
internal readonly struct Passage(DrainGate gate) : IDisposable
{
    public void Dispose() => gate.Exit();
}
