using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>
/// One question by UDP. It has a new, connected socket: only the asked server can answer, and a closed port is reported.
/// </summary>
/// <remarks>
/// The socket, its port and the id are new for each question. This object is used again for a later one after three things: its last
/// receive has ended, the token can no longer reach it, and its reply was taken.
/// </remarks>
internal sealed class UdpQuestion : SocketAsyncEventArgs, IValueTaskSource<DnsReply>
{
    // A datagram that fills it may have been longer.
    private const int BufferLength = 4096;
    private const int MaxSpare = 256;

    private static readonly SpareObjects<UdpQuestion> Spare = new(MaxSpare);

    private ManualResetValueTaskSourceCore<DnsReply> _outcome;
    private DnsQuery? _query;
    private ushort _id;
    private Socket? _socket;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    private DnsReply? _late;

    private UdpQuestion()
        : base(true) // It keeps no async-locals of its caller.
    {
    }

    /// <summary>Sends the question and waits for the reply, without a limit of time.</summary>
    public static ValueTask<DnsReply> AskAsync(IPEndPoint server, DnsQuery query, CancellationToken cancellationToken)
    {
        try
        {
            // May fail: the process has no free descriptor.
            Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            return Spare.Take(static _ => new UdpQuestion(), 0).AskAsync(socket, server, query, cancellationToken);
        }
        catch (SocketException exception)
        {
            return ValueTask.FromResult<DnsReply>(new DnsReply.NoSocket(exception));
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);

    public DnsReply GetResult(short token)
    {
        try
        {
            return _outcome.GetResult(token);
        }
        finally
        {
            Leave();
        }
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (!TakeReceived())
        {
            Receive();
        }
    }

    private ValueTask<DnsReply> AskAsync(Socket socket, IPEndPoint server, DnsQuery query, CancellationToken cancellationToken)
    {
        (_socket, _query, _token) = (socket, query, cancellationToken);
        ValueTask<DnsReply> outcome = new(this, _outcome.Version);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        SetBuffer(buffer, 0, BufferLength);
        try
        {
            _id = MessageId.Next();
            _ = DnsMessageWriter.Write(query, _id, buffer, out int length);

            // Neither call waits: a connect only notes the peer, and the buffer has room for the first datagram of a socket.
            socket.Connect(server);
            _ = socket.Send(buffer.AsSpan(0, length));
        }
        catch (SocketException exception)
        {
            End(NotDelivered(exception.SocketErrorCode));
            return outcome;
        }

        _registration = cancellationToken.UnsafeRegister(static question => ((UdpQuestion)question!).Cancel(), this);
        Receive();
        return outcome;
    }

    private void Receive()
    {
        try
        {
            while (!_socket!.ReceiveAsync(this))
            {
                if (TakeReceived())
                {
                    return;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            End(_late);
        }
    }

    /// <returns>False: another datagram is waited for.</returns>
    private bool TakeReceived()
    {
        DnsReply reply = SocketError switch
        {
            SocketError.Success => ReplyOf(Buffer.AsSpan(0, BytesTransferred)),

            // Windows reports a datagram that did not fit as an error.
            SocketError.MessageSize => DnsReply.Truncated.Instance,
            SocketError error => NotDelivered(error),
        };
        if (reply is DnsReply.NotOurs)
        {
            return false;
        }

        bool isEnded = SocketError is SocketError.OperationAborted && _token.IsCancellationRequested;
        End(isEnded ? _late : reply);
        return true;
    }

    private DnsReply ReplyOf(ReadOnlySpan<byte> message)
    {
        try
        {
            DnsReply reply = DnsMessageReader.Read(message, _query!, _id);
            return reply is not DnsReply.NotOurs && message.Length == BufferLength ? DnsReply.Truncated.Instance : reply;
        }
        catch (Exception exception)
        {
            // No code awaits the thread that is here. What anyone can send must not end the process.
            return new DnsReply.Malformed(exception.Message);
        }
    }

    // Closing the socket ends the receive, which then ends the question.
    private void Cancel()
    {
        Socket socket = _socket!;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            // The time is over, and the answer was there before a thread looked. The receive may look now, too: this one does not wait.
            socket.Blocking = false;
            if (socket.Available > 0 && ReplyOf(buffer.AsSpan(0, socket.Receive(buffer, 0, BufferLength, SocketFlags.None)))
                is DnsReply reply and not DnsReply.NotOurs)
            {
                _late = reply;
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // There is none.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            socket.Dispose();
        }
    }

    /// <param name="reply">Null: the question was cancelled.</param>
    private void End(DnsReply? reply)
    {
        // Waits for a cancellation under way. Afterwards no other thread has this object.
        _registration.Dispose();
        reply ??= _late;
        _socket!.Dispose();

        // No receive writes into it any more.
        ArrayPool<byte>.Shared.Return(Buffer!);
        SetBuffer(null, 0, 0);
        if (reply is not null)
        {
            _outcome.SetResult(reply);
        }
        else
        {
            _outcome.SetException(new OperationCanceledException(_token));
        }
    }

    private void Leave()
    {
        _outcome.Reset();
        (_socket, _query, _late, _token, _registration) = (null, null, null, default, default);
        if (!Spare.TryKeep(this))
        {
            Dispose();
        }
    }

    private static DnsReply.Silence NotDelivered(SocketError error) =>
        new($"the question could not be delivered ({error})", new SocketException((int)error));
}
