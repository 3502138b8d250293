using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>A connection's stream that reports its own end.</summary>
/// <remarks>
/// It is a <see cref="NetworkStream"/>, not a wrapper: the runtime polls the socket of a NetworkStream to see whether an idle connection is
/// still good.
/// </remarks>
internal sealed class TrackedStream(Socket socket, long id, OpenStreams owner) : NetworkStream(socket, ownsSocket: true)
{
    private int _reported;
    private uint _reads;
    private uint _writes;
    private uint _readsBefore;
    private uint _writesBefore;

    /// <summary>Whether a condition holds for its socket.</summary>
    public bool Is(Func<Socket, bool> condition) => condition(Socket);

    /// <summary>
    /// Whether data was read and nothing was sent since the last sample. Over HTTP/1.1 that is a body that streams. For one caller at a
    /// time.
    /// </summary>
    public bool SampleStreaming()
    {
        (uint reads, uint writes) = (Volatile.Read(ref _reads), Volatile.Read(ref _writes));
        bool streams = reads - _readsBefore >= 2 && writes == _writesBefore;
        (_readsBefore, _writesBefore) = (reads, writes);
        return streams;
    }

    // A connection has one reader and one writer, so plain counting is right. An atomic increment would cost more than all the rest.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reads++;
        return base.ReadAsync(buffer, cancellationToken);
    }

    public override int Read(Span<byte> buffer)
    {
        _reads++;
        return base.Read(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _writes++;
        return base.WriteAsync(buffer, cancellationToken);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _writes++;
        base.Write(buffer);
    }

    /// <summary>
    /// Closes the socket. Reads and writes under way fail. The owner of the stream still disposes it, but it counts as ended from now on.
    /// </summary>
    public void Cut()
    {
        Socket.Dispose();
        Report(byPeer: false);
    }

    protected override void Dispose(bool disposing)
    {
        bool byPeer = disposing && IsEndedByPeer();
        base.Dispose(disposing);

        // Also from the finaliser: a response that the application dropped without disposal ends its connection, too.
        Report(byPeer);
    }

    // Readable without a byte to read: the peer has ended the connection, or broken it.
    private bool IsEndedByPeer()
    {
        try
        {
            return Volatile.Read(ref _reported) == 0 && Socket.Poll(0, SelectMode.SelectRead) && Socket.Available == 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    private void Report(bool byPeer)
    {
        if (Interlocked.Exchange(ref _reported, 1) == 0)
        {
            owner.Remove(id, byPeer);
        }
    }
}
