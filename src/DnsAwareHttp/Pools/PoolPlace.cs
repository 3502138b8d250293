namespace DnsAwareHttp.Pools;

/// <summary>The place of a pool among the others of its origin, for people.</summary>
internal readonly record struct PoolPlace()
{
    /// <summary>Requests per second of the whole origin; 0: no share can be told.</summary>
    public double OriginRate { get; init; }

    /// <summary>Whether requests are spread over the pool.</summary>
    public bool IsPreferred { get; init; }

    public int Priority { get; init; }

    public double Weight { get; init; } = 1;

    public bool HasRoute { get; init; } = true;

    /// <summary>The drain; null unless the pool left.</summary>
    public DrainSnapshot? Drain { get; init; }
}
