using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Pools;

/// <summary>A connection's stream that reports its own end.</summary>
/// <remarks>
/// It is a <see cref="NetworkStream"/>, not a wrapper: the runtime polls the socket of a NetworkStream to see whether an idle connection is
/// still good.
/// </remarks>
internal sealed class TrackedStream(Socket socket, long id, OpenStreams owner) : NetworkStream(socket, ownsSocket: true)
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Lost = 2;
    private const int Closed = 3;

    private int _use;
    private bool _wasRead;
    private int _reported;
    private uint _reads;
    private uint _writes;
    private uint _readsBefore;
    private uint _writesBefore;

    /// <summary>Whether a condition holds for its socket.</summary>
    public bool Is(Func<Socket, bool> condition) => condition(Socket);

    /// <summary>
    /// Whether more is awaited of an answer that began, or data was read and nothing was sent since the last sample. Over HTTP/1.1 that is
    /// a body that streams. For one caller at a time.
    /// </summary>
    public bool SampleStreaming()
    {
        (uint reads, uint writes) = (Volatile.Read(ref _reads), Volatile.Read(ref _writes));
        bool streams = reads - _readsBefore >= 2 && writes == _writesBefore;
        (_readsBefore, _writesBefore) = (reads, writes);
        return streams || (Volatile.Read(ref _use) == Busy && Volatile.Read(ref _wasRead));
    }

    /// <summary>Whether it is idle and its peer has not ended it. An idle one that was ended is idle no longer.</summary>
    public bool IsIdleAndOpen()
    {
        if (Volatile.Read(ref _use) != Idle)
        {
            return false;
        }

        // Nobody reads an idle HTTP/1.1 connection: the runtime finds its end when it is used.
        bool isOpen = !IsReadable();
        if (!isOpen)
        {
            LeaveIdle(Lost);
        }

        return isOpen;
    }

    // A connection has one reader and one writer, so plain counting is right. An atomic increment would cost more than all the rest.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reads++;
        ValueTask<int> read = base.ReadAsync(buffer, cancellationToken);

        // The runtime watches an idle HTTP/1.1 connection by a read of no bytes. Every other read awaits something that was asked for.
        return buffer.IsEmpty ? read : read.IsCompleted ? EndRead(read) : AwaitAsync(read);
    }

    public override int Read(Span<byte> buffer)
    {
        _reads++;
        MarkBusy();
        try
        {
            return base.Read(buffer);
        }
        finally
        {
            MarkIdle();
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _writes++;
        _wasRead = false;
        MarkBusy();
        return base.WriteAsync(buffer, cancellationToken);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _writes++;
        _wasRead = false;
        MarkBusy();
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<int> read)
    {
        MarkBusy();
        try
        {
            return await read.ConfigureAwait(false);
        }
        finally
        {
            MarkIdle();
        }
    }

    private ValueTask<int> EndRead(ValueTask<int> read)
    {
        MarkIdle();
        return read;
    }

    private void MarkBusy() => LeaveIdle(Busy);

    private void LeaveIdle(int use)
    {
        if (Volatile.Read(ref _use) == Idle && Interlocked.CompareExchange(ref _use, use, Idle) == Idle)
        {
            owner.AddBusy(1);
        }
    }

    // Between two reads of a body it is idle for a moment. To know better, the library would have to read HTTP.
    private void MarkIdle()
    {
        _wasRead = true;
        int before = Volatile.Read(ref _use);
        if (before is Busy or Lost && Interlocked.CompareExchange(ref _use, Idle, before) == before)
        {
            owner.AddBusy(-1);
        }
    }

    private bool IsReadable()
    {
        try
        {
            return Socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
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
            owner.AddBusy(Interlocked.Exchange(ref _use, Closed) is Busy or Lost ? -1 : 0);
            owner.Remove(id, byPeer);
        }
    }
}
