using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using DnsAwareHttp.Diagnostics;

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

    /// <summary>
    /// The changes of the last 15 minutes, the oldest first: 2,048 at most. <see cref="DnsAwareChange.AnswerChanged"/> is not among them,
    /// because the answers about some names change each time.
    /// </summary>
    public ImmutableArray<DnsAwareChange> Changes { get; init; } = [];

    /// <summary>The snapshot as JSON: names in camel case, enums by name, addresses as text, times in ISO 8601.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SnapshotJson.Default.DnsAwareSnapshot);

    /// <summary>Writes what <see cref="ToJson"/> returns.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        JsonSerializer.Serialize(writer, this, SnapshotJson.Default.DnsAwareSnapshot);
    }
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

    /// <summary>How answers become members: <see cref="DnsAwareOptions.Membership"/>, for this origin.</summary>
    public MembershipMode Membership { get; init; }

    /// <summary>When a request last came, to within 250 ms.</summary>
    public DateTimeOffset LastUsedAt { get; init; }

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

    /// <summary>
    /// The source of the latest answer: <c>hosts file</c>, <c>DNS</c>, <c>system</c>, <c>literal</c>, <c>localhost</c>, or the type of the
    /// <see cref="INameResolver"/>.
    /// </summary>
    public string Source { get; init; } = "";

    /// <summary>The time until <see cref="ExpiresAt"/>; zero afterwards.</summary>
    public TimeSpan TtlLeft { get; init; }

    /// <summary>When the next question is due while the name is in use. A hint or a change of a file may bring it forward.</summary>
    public DateTimeOffset NextQuestionAt { get; init; }

    /// <summary>Questions in a row that failed, wholly or for one address family; 0 after an answer.</summary>
    public int Failures { get; init; }

    /// <summary>Why the latest question failed; null if it did not.</summary>
    public string? LastError { get; init; }
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

    /// <summary>
    /// Connections opened since the pool was made. <see cref="TotalRequests"/> divided by it tells how well they are reused.
    /// </summary>
    public long TotalConnections { get; init; }

    /// <summary>Requests that wait until another one ends, because no connection may be opened for them.</summary>
    public long WaitingRequests { get; init; }

    /// <summary>Requests per second, over about the last 10 s.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>The part of the origin's requests over about the last 10 s, from 0 to 1; null without requests.</summary>
    public double? TrafficShare { get; init; }

    /// <summary>
    /// The mean time from a request to its response headers, of about ten requests of late. At most four requests a second are timed. Null
    /// while none was.
    /// </summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Whether requests are spread over the endpoint. The others are used when these are not enough, or fail.</summary>
    public bool IsPreferred { get; init; }

    /// <summary>
    /// The part of its full share that the endpoint takes, from 0 to 1: less than 1 while it is new, and for a moment after failures.
    /// </summary>
    public double RampUp { get; init; } = 1;

    /// <summary>When one trial request may end the ejection; null unless the endpoint is ejected.</summary>
    public DateTimeOffset? EjectedUntil { get; init; }

    /// <summary>The ejections in a row; 0 unless the endpoint is ejected.</summary>
    public int EjectionsInARow { get; init; }

    /// <summary>What its probes say: <see cref="DnsAwareOptions.Probe"/>.</summary>
    public ProbeState Probe { get; init; }

    /// <summary>Endpoints of a lower number go first (RFC 2782). 0 without SRV records.</summary>
    public int Priority { get; init; }

    /// <summary>The part of the requests, relative to other endpoints of the same priority. 1 without SRV records.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether this host has a route to the address.</summary>
    public bool HasRoute { get; init; } = true;

    /// <summary>The drain; null unless the endpoint left.</summary>
    public DrainSnapshot? Drain { get; init; }

    /// <summary>Why the address is in use: <c>present</c> in the latest answer, or why it is kept though absent, or why it left.</summary>
    public required string Membership { get; init; }
}

/// <summary>The drain of an endpoint that left: its progress is the difference to what is open now.</summary>
public sealed record DrainSnapshot
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why the endpoint left.</summary>
    public required DepartureReason Reason { get; init; }

    /// <summary>Requests whose response headers were awaited when it began.</summary>
    public required long RequestsAtStart { get; init; }

    /// <summary>Connections that were open when it began, idle ones included.</summary>
    public required int ConnectionsAtStart { get; init; }

    /// <summary>When the connections that are left are cut; null: never.</summary>
    public required DateTimeOffset? CutAt { get; init; }
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

    /// <summary>
    /// The endpoint is an outlier: its answers were failures, and those of its peers were not
    /// (<see cref="DnsAwareOptions.OutlierDetection"/>). Until <see cref="EndpointSnapshot.EjectedUntil"/> it takes requests only when too
    /// few other endpoints are left. Then one request tries it.
    /// </summary>
    Ejected,
}
