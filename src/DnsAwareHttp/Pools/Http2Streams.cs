namespace DnsAwareHttp.Pools;

/// <summary>The HTTP/2 connections of one endpoint: the streams that they may have, and the bodies that stream over them.</summary>
internal sealed class Http2Streams
{
    private int _connections;
    private int _bodies;
    private long _capacity;

    /// <summary>The number of connections that take requests.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The number of responses whose headers have arrived and whose bodies have not ended.</summary>
    public int Bodies => Volatile.Read(ref _bodies);

    /// <summary>The number of streams that the server allows on all connections together.</summary>
    public long Capacity => Volatile.Read(ref _capacity);

    /// <summary>Follows the frames of a connection that has just been made.</summary>
    /// <param name="stream">The stream that the runtime would use.</param>
    /// <returns>The stream that the runtime uses instead.</returns>
    public Stream Watch(Stream stream) => new Http2Connection(stream, this);

    public void Join(int limit)
    {
        Interlocked.Add(ref _capacity, limit);
        Interlocked.Increment(ref _connections);
    }

    public void Leave(int limit)
    {
        Interlocked.Decrement(ref _connections);
        Interlocked.Add(ref _capacity, -limit);
    }

    public void ChangeLimit(int before, int after) => Interlocked.Add(ref _capacity, (long)after - before);

    public void AddBody() => Interlocked.Increment(ref _bodies);

    public void RemoveBodies(int count) => Interlocked.Add(ref _bodies, -count);
}
