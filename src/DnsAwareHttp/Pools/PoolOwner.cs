using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>The origin of a pool, for log and metrics.</summary>
/// <param name="Name">The origin as people write it.</param>
/// <param name="Host">The name that is resolved.</param>
/// <param name="Port">The port that is dialled.</param>
internal sealed record PoolOwner(string Name, string Host, int Port)
{
    /// <summary>Whether credentials are withheld from it. Another origin of the same name may have them.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Measures what happens to the origin.</summary>
    public OriginMetrics Metrics { get; init; } = OriginMetrics.None;
}
