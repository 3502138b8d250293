using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp;

/// <summary>
/// The state of a <see cref="DnsAwareHandler"/> at one moment, for status pages and tests. Taking a snapshot delays no request.
/// </summary>
public sealed record DnsAwareSnapshot
{
    /// <summary>When the snapshot was taken.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The open origins, ordered by name.</summary>
    public required ImmutableArray<OriginSnapshot> Origins { get; init; }

    /// <summary>
    /// Requests that were sent as if without this library, by a handler with the same settings: requests that may use HTTP/3, and requests
    /// that the runtime refuses. Counted since the handler was made.
    /// </summary>
    public required long PassThroughRequests { get; init; }
}

/// <summary>One origin: scheme, host and port, or the proxy that serves it.</summary>
public sealed record OriginSnapshot
{
    /// <summary>As in <c>https://api.example.com:443</c>, or <c>proxy http://proxy.example.com:3128</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>The name that is resolved, unless <see cref="DnsAwareOptions.ServiceRecords"/> names a service.</summary>
    public required string Host { get; init; }

    /// <summary>The port that is dialled. The targets of a service have ports of their own.</summary>
    public required int Port { get; init; }

    /// <summary>The answer for the name, or for the service; null before the first answer.</summary>
    public required AnswerSnapshot? Answer { get; init; }

    /// <summary>The endpoints: one for each address in use or still draining.</summary>
    public required ImmutableArray<EndpointSnapshot> Endpoints { get; init; }
}

/// <summary>The outcome of the latest question for a name, and the addresses that are in use.</summary>
public sealed record AnswerSnapshot
{
    /// <summary>The outcome of the latest question.</summary>
    public required Answer Latest { get; init; }

    /// <summary>The addresses of the last good answer, or of the targets of a service; empty without a good answer.</summary>
    public required ImmutableArray<IPAddress> Addresses { get; init; }

    /// <summary>When the question of the last good answer was sent; null when there is no good answer.</summary>
    public required DateTimeOffset? ReceivedAt { get; init; }

    /// <summary>When the answer is to be refreshed.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether the addresses have outlived their TTL and stay in use because DNS fails.</summary>
    public required bool IsStale { get; init; }
}

/// <summary>One address of one origin, and the pool of connections to it.</summary>
public sealed record EndpointSnapshot
{
    /// <summary>Address and port.</summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>The state of the pool.</summary>
    public required EndpointState State { get; init; }

    /// <summary>Why the pool is in that state, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Since when the pool is in that state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Requests that were sent and whose response headers have not arrived.</summary>
    public required long ActiveRequests { get; init; }

    /// <summary>Requests taken since the pool was made.</summary>
    public required long TotalRequests { get; init; }

    /// <summary>Open sockets, idle ones included.</summary>
    public required int OpenConnections { get; init; }

    /// <summary>Why the address is in use: <c>present</c> in the latest answer, or why it is kept though absent, or why it left.</summary>
    public required string Membership { get; init; }
}

/// <summary>The state of an endpoint.</summary>
public enum EndpointState
{
    /// <summary>The endpoint takes requests. It has no open connection, or needed no connection yet.</summary>
    Idle,

    /// <summary>The first connection to the endpoint is being opened.</summary>
    Connecting,

    /// <summary>The endpoint takes requests, and the last connect succeeded.</summary>
    Ready,

    /// <summary>The last connect failed. Until its backoff ends, the endpoint takes requests only when no other endpoint is left.</summary>
    Failing,

    /// <summary>The address left. The endpoint takes no new request and closes when its last response has ended.</summary>
    Draining,
}
