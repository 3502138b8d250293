using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Pools;

/// <summary>
/// The stream of one HTTP/2 connection, above TLS. It follows the frames that pass: how many streams the server allows, and which responses
/// still stream.
/// </summary>
/// <remarks>
/// It reads nine bytes of each frame and changes none. Only HTTP/2 connections have it: the runtime looks at the socket below an HTTP/1.1
/// connection, and must find a NetworkStream there.
/// </remarks>
internal sealed class Http2Connection : Stream
{
    /// <summary>The runtime's own limit until the server's settings arrive.</summary>
    public const int FirstLimit = 100;

    private const int MaxConcurrentStreams = 3;
    private const int PrefaceLength = 24;

    private readonly Stream _inner;
    private readonly Http2Streams _owner;
    private readonly FrameReader _received;
    private readonly FrameReader _sent;
    private readonly StreamTable _bodies = new();
    private bool _hasSettings;
    private int _limit = FirstLimit;
    private int _left;

    public Http2Connection(Stream inner, Http2Streams owner)
    {
        _inner = inner;
        _owner = owner;
        _received = new FrameReader(preface: 0, OnReceived, OnSetting);
        _sent = new FrameReader(PrefaceLength, OnSent, static (_, _) => { });
        owner.Join(FirstLimit);
    }

    public override bool CanRead => _inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => _inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _received.Read(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = _inner.Read(buffer, offset, count);
        _received.Read(buffer.AsSpan(offset, read));
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _sent.Read(buffer.Span);
        return _inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        _sent.Read(buffer.AsSpan(offset, count));
        _inner.Write(buffer, offset, count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override void Flush() => _inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        Leave();
        await _inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Leave();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void OnReceived(Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Headers or FrameType.Data when frame.EndsStream:
            case FrameType.ResetStream:
                End(frame.Stream);
                break;
            case FrameType.Headers:
                Begin(frame.Stream);
                break;
            case FrameType.Settings when !frame.IsAck && !_hasSettings:
                // A server that names no limit allows any number (RFC 9113 section 6.5.2).
                _hasSettings = true;
                ChangeLimit(int.MaxValue);
                break;
            case FrameType.GoAway:
                Leave();
                break;
            default:
                break;
        }
    }

    private void OnSent(Frame frame)
    {
        if (frame.Type is FrameType.ResetStream)
        {
            End(frame.Stream);
        }
    }

    private void OnSetting(int identifier, uint value)
    {
        if (identifier == MaxConcurrentStreams)
        {
            ChangeLimit((int)Math.Min(value, int.MaxValue));
        }
    }

    private void Begin(int stream)
    {
        if (_bodies.Add(stream))
        {
            _owner.AddBody();
            if (Volatile.Read(ref _left) != 0)
            {
                End(stream);
            }
        }
    }

    private void End(int stream)
    {
        if (_bodies.Remove(stream))
        {
            _owner.RemoveBodies(1);
        }
    }

    // Only the reader changes the limit, and only until the connection takes no request any more.
    private void ChangeLimit(int limit)
    {
        int before = Interlocked.Exchange(ref _limit, limit);
        if (Volatile.Read(ref _left) == 0)
        {
            _owner.ChangeLimit(before, limit);
        }
    }

    /// <summary>The connection takes no request any more: it was closed, or the server said so.</summary>
    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _owner.Leave(Volatile.Read(ref _limit));
            _owner.RemoveBodies(_bodies.Clear());
        }
    }
}
