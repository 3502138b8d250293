namespace DnsAwareHttp.Pools;

/// <summary>What one pool may have at a time, and from when on.</summary>
internal sealed record PoolLimits
{
    public static readonly PoolLimits None = new();

    /// <summary>The wrapped handler's <see cref="SocketsHttpHandler.MaxConnectionsPerServer"/>: HTTP/1.1 connections.</summary>
    public int MaxConnections { get; init; } = int.MaxValue;

    /// <summary>Whether another HTTP/2 connection is opened when all streams are taken.</summary>
    public bool MultipleHttp2Connections { get; init; }

    /// <summary>Requests that may wait for a connection or a stream while none can be opened; null: any number.</summary>
    public int? MaxPendingRequests { get; init; }

    /// <summary>Whether a new pool gets requests only after its first probe has passed, while others can take them.</summary>
    public bool AwaitsProbe { get; init; }

    /// <summary>Requests that the connections may serve on average before a renewal is due; null: any number.</summary>
    public int? MaxRequestsPerConnection { get; init; }

    /// <summary>Times the requests; null: no policy compares latencies.</summary>
    public RequestClock? Clock { get; init; }
}
