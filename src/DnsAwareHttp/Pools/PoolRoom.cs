namespace DnsAwareHttp.Pools;

/// <summary>Whether a pool has room for one more request. A few volatile reads: each request asks.</summary>
/// <remarks>
/// The runtime does not tell which of its connections are idle, so this is an estimate. An HTTP/1.1 connection is idle while nothing is
/// awaited on it. An HTTP/2 connection has the streams that the server's settings allow. A response that the application leaves unread
/// looks like an idle connection; the request then waits in the runtime's own queue, and its dial gets company there.
/// </remarks>
/// <param name="limits">The limits of the pool.</param>
/// <param name="gate">Counts the requests whose headers are awaited.</param>
/// <param name="dialer">Has the connections.</param>
internal sealed class PoolRoom(PoolLimits limits, DrainGate gate, EndpointDialer dialer)
{
    /// <summary>Of the same order as the number of samples in a second: about sixteen times a second.</summary>
    private const int OftenEnough = 4;

    /// <summary>Bodies that stream over HTTP/1.1 connections, by the latest sample.</summary>
    private volatile int _bodies;
    private volatile bool _rested;
    private int _passedOver;

    private OpenStreams Streams => dialer.Streams;

    private Http2Streams Http2 => dialer.Streams.Http2;

    /// <summary>Requests whose response headers are awaited, and bodies that stream.</summary>
    public long Load => gate.Count + _bodies + Http2.Bodies;

    /// <summary>Whether a request can be sent at once: on an idle connection, a free stream, or a socket that was dialled ahead.</summary>
    public bool IsFree => Http2.Connections == 0 ? HasIdle : gate.Count + Http2.Bodies < Http2.Capacity;

    /// <summary>Whether a request is sent over a connection that is open: no dial and no handshake is a part of its time.</summary>
    public bool IsOpen => Http2.Connections == 0 ? Streams.Count - Streams.Busy > gate.Count - Streams.Asked : IsFree;

    /// <summary>Whether a request need not wait for another one: it is sent at once, or has a connection opened for it.</summary>
    public bool HasPlace => IsFree || CanGrow;

    /// <summary>So many requests may be inside if each has its connection or its stream; <see cref="long.MaxValue"/>: any number.</summary>
    /// <remarks>
    /// Rather too few: while an answer is read, its connection may count twice. A request that is turned away for it goes elsewhere.
    /// </remarks>
    public long Places => !IsBounded || MayAddHttp2 ? long.MaxValue
        : Http2.Connections > 0 ? Http2.Capacity - Http2.Bodies
        : limits.MaxConnections - (Streams.Busy - Streams.Asked);

    /// <summary>So many requests may be inside if those that wait count, too; <see cref="long.MaxValue"/>: any number.</summary>
    public long PlacesToWait => limits.MaxPendingRequests is not int max || !IsBounded || MayAddHttp2 ? long.MaxValue
        : max + (Http2.Connections > 0 ? Http2.Capacity - Http2.Bodies : limits.MaxConnections - KnownBodies);

    /// <summary>Whether a request that finds no room would have a connection opened for it.</summary>
    public bool CanGrow => !dialer.Late.Any && (Http2.Connections > 0 ? limits.MultipleHttp2Connections : InUse < limits.MaxConnections);

    /// <summary>Whether the number of its connections has a limit.</summary>
    public bool IsBounded => limits.MaxConnections != int.MaxValue || Http2.Connections > 0;

    /// <summary>Requests that wait until another one ends, because no connection may be opened for them.</summary>
    public long Pending => IsBounded
        ? Math.Max(0, Http2.Connections > 0 ? PendingOverHttp2 : AwaitedOrStreaming - limits.MaxConnections)
        : 0;

    /// <summary>So many requests may wait; null: any number.</summary>
    public int? MaxPending => limits.MaxPendingRequests;

    /// <summary>Whether one more request may wait.</summary>
    public bool MayWait => gate.Count < PlacesToWait;

    private bool MayAddHttp2 => Http2.Connections > 0 && limits.MultipleHttp2Connections;

    private long PendingOverHttp2 => limits.MultipleHttp2Connections ? 0 : gate.Count + Http2.Bodies - Http2.Capacity;

    private bool HasIdle => HasUnclaimedIdle
        && (limits.MaxConnections == int.MaxValue || AwaitedOrStreaming < limits.MaxConnections)
        && (!_rested || HasIdleAfterRest());

    // A request that is inside takes its connection a moment later. Until something is sent, the gate alone counts it.
    private bool HasUnclaimedIdle => dialer.IdleCount is int idle and > 0 && idle > gate.Count - Streams.Asked;

    // Requests that still wait for a connection are counted by the gate alone, connections in use by both.
    private long InUse => Math.Max(Streams.Count, AwaitedOrStreaming);

    private long AwaitedOrStreaming => gate.Count + KnownBodies;

    // A body of the latest sample may have ended.
    private int KnownBodies => Math.Min(_bodies, Streams.Busy - Streams.Asked);

    /// <summary>A request that is inside leaves: see <see cref="GateLease"/>.</summary>
    public void Leave() => gate.Exit();

    /// <summary>Takes a sample while requests flow, a few times a second. For one caller at a time.</summary>
    /// <param name="wasUsed">Whether a request came since the last sample.</param>
    public void Sample(bool wasUsed)
    {
        _rested = !wasUsed;
        _bodies = Streams.CountStreaming();
        Volatile.Write(ref _passedOver, Volatile.Read(ref _passedOver) / 2);
    }

    /// <summary>Another endpoint takes a request in its place, because this one has no room.</summary>
    /// <returns>Whether that is so often that a connection of its own would not grow cold.</returns>
    public bool IsPassedOverOften() => Interlocked.Increment(ref _passedOver) >= OftenEnough;

    // The server may have ended the connections meanwhile. The runtime would find that out only when it uses them.
    private bool HasIdleAfterRest()
    {
        _rested = false;
        dialer.CheckIdle();
        return HasUnclaimedIdle;
    }
}
