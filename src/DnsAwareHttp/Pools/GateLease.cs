namespace DnsAwareHttp.Pools;

/// <summary>The stay of a request inside a pool. It ends when the response headers have arrived, or the request has failed.</summary>
internal readonly struct GateLease(DrainGate gate) : IDisposable
{
    public void Dispose() => gate.Exit();
}
