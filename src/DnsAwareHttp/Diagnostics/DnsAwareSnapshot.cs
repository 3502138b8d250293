using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp;

/// <summary>What a <see cref="DnsAwareHandler"/> knows and holds at one moment, for pages and tests. Taking one costs no request anything.</summary>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="Origins">The open origins, by name.</param>
/// <param name="UnmanagedRequests">Requests handed to the wrapped handler as they were: those that would use HTTP/3, and those that it refuses.</param>
public sealed record DnsAwareSnapshot(DateTimeOffset TakenAt, ImmutableArray<OriginSnapshot> Origins, long UnmanagedRequests);

/// <summary>One origin: scheme, host and port, or the proxy that serves it.</summary>
/// <param name="Origin">As in <c>https://api.example.com:443</c>, or <c>proxy http://proxy.example.com:3128</c>.</param>
/// <param name="Host">The name that is resolved, unless <see cref="DnsAwareOptions.ServiceRecords"/> names a service.</param>
/// <param name="Port">The port that is dialled; those of a service are dialled at the ports of its targets.</param>
/// <param name="Answer">What is known of the name, or of the service, or null before the first answer.</param>
/// <param name="Endpoints">One for each address in use or still draining.</param>
public sealed record OriginSnapshot(string Origin, string Host, int Port, AnswerSnapshot? Answer, ImmutableArray<EndpointSnapshot> Endpoints);

/// <summary>What the latest question for a name brought, and what is believed.</summary>
/// <param name="Latest">The outcome of the latest question.</param>
/// <param name="Addresses">The addresses of the last good answer, for a service those of its targets; empty when there is none.</param>
/// <param name="ReceivedAt">When the last good answer's question was sent; null when there is none.</param>
/// <param name="ExpiresAt">When the answer is to be refreshed.</param>
/// <param name="IsStale">Whether the addresses have outlived their TTL and serve on because DNS fails.</param>
public sealed record AnswerSnapshot(Answer Latest, ImmutableArray<IPAddress> Addresses, DateTimeOffset? ReceivedAt, DateTimeOffset ExpiresAt, bool IsStale);

/// <summary>One address of one origin, and the pool of connections to it.</summary>
/// <param name="Address">Address and port.</param>
/// <param name="State">What the pool is doing.</param>
/// <param name="Reason">Why it is in that state.</param>
/// <param name="Since">Since when.</param>
/// <param name="ActiveRequests">Requests sent whose response headers have not arrived.</param>
/// <param name="TotalRequests">Requests taken since the pool was made.</param>
/// <param name="OpenConnections">Open sockets, idle ones included.</param>
/// <param name="Membership">Why it is in use: <c>present</c> in the latest answer, or why it is kept though absent, or why it left.</param>
public sealed record EndpointSnapshot(
    IPEndPoint Address, EndpointState State, string Reason, DateTimeOffset Since, long ActiveRequests, long TotalRequests, int OpenConnections, string Membership);

/// <summary>What an endpoint is doing.</summary>
public enum EndpointState
{
    /// <summary>It takes requests; it has no open connection, or none was needed yet.</summary>
    Idle,

    /// <summary>A first connection to it is being opened.</summary>
    Dialling,

    /// <summary>It takes requests, and a connection to it succeeded last time.</summary>
    Ready,

    /// <summary>Connecting to it failed last time: it takes requests only when no other endpoint is left, until its backoff ends.</summary>
    Failing,

    /// <summary>It left: it takes no new request and closes when its last response has ended.</summary>
    Draining,
}
