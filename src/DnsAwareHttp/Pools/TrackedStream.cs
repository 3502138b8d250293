using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>A connection's stream that reports its own end.</summary>
/// <remarks>
/// It is a <see cref="NetworkStream"/>, not a wrapper: the runtime polls the socket of a NetworkStream to see whether an idle connection is
/// still good.
/// </remarks>
/// <param name="socket">The connected socket.</param>
/// <param name="id">Its number among the streams of its owner.</param>
/// <param name="owner">Hears of the end.</param>
/// <param name="connecting">
/// The token that the runtime gave to the connect. The runtime cancels it only while it still connects: in the TLS handshake, or in the
/// dialogue with a proxy.
/// </param>
internal sealed class TrackedStream(Socket socket, long id, OpenStreams owner, CancellationToken connecting = default)
    : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>
    /// A connection whose peer stays silent ends after this time. The system would send again for a quarter of an hour. It is long enough
    /// for a network that comes back.
    /// </summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(30);

    private volatile bool _wasAnswered;
    private DateTimeOffset? _silentSince;
    private DateTimeOffset? _unansweredSince;
    private bool _wasInterrupted;
    private readonly StreamUse _use = new(owner);
    private int _reported;
    private uint _reads;
    private uint _writes;
    private uint _readsBefore;
    private uint _writesBefore;

    /// <summary>Measures what happens to the connection.</summary>
    public StreamMeter Meter { get; } = new(owner.Metrics);

    /// <summary>Looks at it for the metrics.</summary>
    public void Survey(OriginTally tally) => Meter.Survey(Socket, tally);

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
        return streams || _use.AwaitsMore;
    }

    /// <summary>Whether it is idle and its peer has not ended it. An idle one that was ended is idle no longer.</summary>
    public bool IsIdleAndOpen()
    {
        if (!_use.IsIdle)
        {
            return false;
        }

        // Nobody reads an idle HTTP/1.1 connection: the runtime finds its end when it is used.
        bool isOpen = !SocketLook.IsReadable(Socket);
        if (!isOpen)
        {
            _use.Lose();
        }

        return isOpen;
    }

    /// <summary>
    /// For how long the peer has sent no byte at all, although something was sent to it. Samples measure it: the first one begins. For one
    /// caller at a time.
    /// </summary>
    public TimeSpan SampleUnanswered(DateTimeOffset now)
    {
        if (_wasAnswered || Volatile.Read(ref _writes) == 0 || SocketLook.HasBytes(Socket))
        {
            _unansweredSince = null;
            return TimeSpan.Zero;
        }

        _unansweredSince ??= now;
        return now - _unansweredSince.Value;
    }

    /// <summary>Closes the socket if samples found the peer silent for long. For one caller at a time.</summary>
    /// <returns>Whether the peer is silent, and the socket was not closed.</returns>
    public bool SampleSilent(DateTimeOffset now, Func<Socket, bool> isSilent)
    {
        if (!Is(isSilent))
        {
            _silentSince = null;
            return false;
        }

        _silentSince ??= now;
        bool isOver = now - _silentSince >= MaxSilence;
        if (isOver)
        {
            Cut();
        }

        return !isOver;
    }

    /// <summary>Closes the socket if the peer never sent a byte.</summary>
    public void CutIfUnanswered()
    {
        if (!_wasAnswered && !SocketLook.HasBytes(Socket))
        {
            Cut();
        }
    }

    // A connection has one reader and one writer, so plain counting is right. An atomic increment would cost more than all the rest.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _reads++;
        ValueTask<int> read = base.ReadAsync(buffer, cancellationToken);

        // The runtime watches an idle HTTP/1.1 connection by a read of no bytes. Every other read awaits something that was asked for.
        return buffer.IsEmpty ? read : read.IsCompletedSuccessfully ? EndRead(read) : AwaitAsync(read);
    }

    // The base class would rent a buffer and copy: it does so for each type that derives from it.
    public override int Read(Span<byte> buffer)
    {
        _reads++;
        ObjectDisposedException.ThrowIf(!CanRead, this);
        _use.OnReadBegun();
        try
        {
            int read = BlockingSocket.Receive(Socket, buffer, Meter);
            _wasAnswered = true;
            return read;
        }
        finally
        {
            _use.OnReadEnded();
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _writes++;
        _use.OnWrite();
        return Meter.Watch(base.WriteAsync(buffer, cancellationToken));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _writes++;
        ObjectDisposedException.ThrowIf(!CanWrite, this);
        _use.OnWrite();
        BlockingSocket.SendAll(Socket, buffer, Meter);
    }

    /// <summary>
    /// Closes the socket. Reads and writes under way fail. The owner of the stream still disposes it, but it counts as ended from now on.
    /// </summary>
    public void Cut()
    {
        LookBeforeEnd(isOpen: true);
        Socket.Dispose();
        Report(byPeer: false);
    }

    protected override void Dispose(bool disposing)
    {
        bool byPeer = disposing && IsEndedByPeer();
        LookBeforeEnd(disposing);
        base.Dispose(disposing);

        // Also if the socket was cut just before: the runtime reports its timeout all the same.
        if (disposing && connecting.IsCancellationRequested && !_wasInterrupted)
        {
            _wasInterrupted = true;
            owner.Interrupted.Add(ConnectPhase.Handshake, connecting);
        }

        // Also from the finaliser: a response that the application dropped without disposal ends its connection, too.
        Report(byPeer, isLost: !disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<int> read)
    {
        _use.OnReadBegun();
        try
        {
            int count = await read.ConfigureAwait(false);
            _wasAnswered = true;
            return count;
        }
        catch (Exception exception) when (Meter.Note(exception))
        {
            throw;
        }
        finally
        {
            _use.OnReadEnded();
        }
    }

    private ValueTask<int> EndRead(ValueTask<int> read)
    {
        _wasAnswered = true;
        _use.OnReadEnded();
        return read;
    }

    // Readable without a byte to read: the peer has ended the connection, or broken it.
    private bool IsEndedByPeer() =>
        Volatile.Read(ref _reported) == 0 && SocketLook.IsReadable(Socket) && !SocketLook.HasBytes(Socket);

    private void LookBeforeEnd(bool isOpen)
    {
        if (isOpen && Volatile.Read(ref _reported) == 0)
        {
            Meter.OnClosing(Socket);
        }
    }

    // The finaliser's thread runs no code of the application, which listeners are.
    private void Report(bool byPeer, bool isLost = false)
    {
        if (Interlocked.Exchange(ref _reported, 1) == 0)
        {
            _use.Close();
            owner.Remove(id, byPeer);
            if (!isLost)
            {
                Meter.OnClosed(connecting.IsCancellationRequested);
            }
        }
    }
}
