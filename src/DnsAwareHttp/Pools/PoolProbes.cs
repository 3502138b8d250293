using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>The probes of one pool.</summary>
/// <param name="health">Its health.</param>
internal sealed class PoolProbes(PoolHealth health)
{
    private int _hasBegun;
    private long _sent;

    /// <summary>The probes that were sent. They are no requests of the application.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Probes the pool now, and ends with what is wrong with it; null: nothing. Null where there is no probe.</summary>
    public Func<Task<string?>>? Run { get; set; }

    /// <summary>Whether the caller is the first one, and is to probe the pool from now on.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref _hasBegun, 1) == 0;

    public void OnSent() => Interlocked.Increment(ref _sent);

    /// <summary>A probe has ended.</summary>
    /// <param name="failure">What is wrong; null: nothing.</param>
    /// <returns>The health before and after it.</returns>
    public (EndpointHealth Before, EndpointHealth After) OnEnded(string? failure) => health.OnProbed(failure);
}
