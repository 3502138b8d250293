using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>The probes of one pool, and what is left of its requests without them: those of the application.</summary>
/// <param name="health">Its health.</param>
/// <param name="requests">Counts all its requests.</param>
internal sealed class PoolProbes(PoolHealth health, IRequestCounts requests)
{
    private int _hasBegun;
    private long _sent;
    private int _underWay;
    private int _isTrying;

    /// <summary>The requests of the application so far. While a probe begins, it may be one too few, and never one too many.</summary>
    public long OtherRequests
    {
        get
        {
            long total = requests.TotalRequests;
            return total - Volatile.Read(ref _sent);
        }
    }

    /// <summary>Whether a request of the application awaits its headers. A probe that is under way is none.</summary>
    public bool HasOtherRequests
    {
        get
        {
            // A probe that begins or ends at this moment is seen on one side of the look or on the other one.
            int before = Volatile.Read(ref _underWay);
            long active = requests.ActiveRequests;
            Interlocked.MemoryBarrier();
            return active > Math.Max(before, Volatile.Read(ref _underWay));
        }
    }

    /// <summary>Probes the pool now, and ends with what is wrong with it; null: nothing. Null where there is no probe.</summary>
    public Func<Task<string?>>? Run { get; set; }

    /// <summary>Whether the caller is the first one, and is to probe the pool from now on.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref _hasBegun, 1) == 0;

    /// <summary>A probe begins. Before it enters the pool.</summary>
    public void OnBegun() => Interlocked.Increment(ref _underWay);

    /// <summary>A probe has left the pool again, or did not enter it.</summary>
    public void OnLeft() => Interlocked.Decrement(ref _underWay);

    /// <summary>A probe is about to be sent. Before the pool counts it.</summary>
    public void OnSent() => Interlocked.Increment(ref _sent);

    /// <summary>Whether the caller is the only one whose probe tries the ejected pool.</summary>
    public bool TryBeginTrial() => Interlocked.Exchange(ref _isTrying, 1) == 0;

    public void EndTrial() => Volatile.Write(ref _isTrying, 0);

    /// <summary>A probe has ended.</summary>
    /// <param name="failure">What is wrong; null: nothing.</param>
    /// <returns>The health before and after it.</returns>
    public (EndpointHealth Before, EndpointHealth After) OnEnded(string? failure) => health.OnProbed(failure);
}
