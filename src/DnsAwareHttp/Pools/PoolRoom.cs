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

    /// <summary>Whether a request that finds no room would have a connection opened for it.</summary>
    public bool CanGrow => !dialer.Late.Any && (Http2.Connections > 0 ? limits.MultipleHttp2Connections : InUse < limits.MaxConnections);

    /// <summary>Whether the number of its connections has a limit.</summary>
    public bool IsBounded => limits.MaxConnections != int.MaxValue || Http2.Connections > 0;

    /// <summary>Requests that wait until another one ends, because no connection may be opened for them.</summary>
    public long Pending => IsBounded
        ? Math.Max(0, Http2.Connections > 0 ? PendingOverHttp2 : AwaitedOrStreaming - limits.MaxConnections)
        : 0;

    /// <summary>Whether more requests wait than may.</summary>
    public bool IsOverfull => limits.MaxPendingRequests is int max && Pending > max;

    private long PendingOverHttp2 => limits.MultipleHttp2Connections ? 0 : gate.Count + Http2.Bodies - Http2.Capacity;

    private bool HasIdle => dialer.HasIdle && (!_rested || HasIdleAfterRest());

    // Requests that still wait for a connection are counted by the gate alone, connections in use by both.
    private long InUse => Math.Max(Streams.Count, AwaitedOrStreaming);

    // A body of the latest sample may have ended.
    private long AwaitedOrStreaming => gate.Count + Math.Min(_bodies, Streams.Busy);

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
        return dialer.HasIdle;
    }
}
