using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>One connection to a name server over TLS: it takes many questions at a time, and ends when it has had none for a while.</summary>
/// <remarks>Answers come in any order (RFC 7766 section 7); each is matched to its question by id and by the question that it repeats.</remarks>
internal sealed class TlsConnection : IAsyncDisposable
{
    /// <summary>It ends when it has had no question for so long.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);

    /// <summary>One that has brought nothing at all for so long while a question waited may be dead, and gets no more questions.</summary>
    public static readonly TimeSpan DoubtAfter = TimeSpan.FromMilliseconds(500);

    private const int MostQuestions = 1024;

    private readonly Lock _sync = new();
    private readonly Dictionary<ushort, Question> _questions = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly SslStream _stream;
    private readonly TimeProvider _timeProvider;
    private readonly ITimer _idle;
    private long _heardAt;
    private bool _takesQuestions = true;

    private TlsConnection(SslStream stream, TimeProvider timeProvider, CancellationToken stopping)
    {
        _stream = stream;
        _timeProvider = timeProvider;
        _heardAt = timeProvider.GetTimestamp();
        _idle = Background.CreateTimer(timeProvider, "the idle timer of a name server", NullLogger.Instance, this, static connection => connection.CloseIfIdle(), IdleTimeout, Timeout.InfiniteTimeSpan);
        _stopping = stopping.UnsafeRegister(static state => ((TlsConnection)state!)._closing.Cancel(), this);
        Ended = Background.Run(ReadAsync);
    }

    /// <summary>Completes when the connection is closed and all that worked for it is over.</summary>
    public Task Ended { get; }

    public bool TakesQuestions
    {
        get
        {
            lock (_sync)
            {
                return _takesQuestions;
            }
        }
    }

    /// <exception cref="SocketException">There is no connection.</exception>
    /// <exception cref="IOException">The connection broke while TLS was agreed upon.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not the server's, or nobody trusted vouches for it.</exception>
    public static async Task<TlsConnection> OpenAsync(
        NameServer server, X509ChainPolicy trust, TimeProvider timeProvider, CancellationToken stopping, CancellationToken cancellationToken)
    {
        Socket socket = new(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync(server.EndPoint, cancellationToken).ConfigureAwait(false);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = NameInCertificate(server), CertificateChainPolicy = trust }, cancellationToken).ConfigureAwait(false);
            return new TlsConnection(stream, timeProvider, stopping);
        }
        catch
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            socket.Dispose();
            throw;
        }
    }

    /// <summary>The reply; null when the connection takes no questions or ended before the answer came.</summary>
    public async Task<DnsReply?> AskAsync(DnsQuery query, CancellationToken cancellationToken)
    {
        Question question = new(query, _timeProvider.GetTimestamp());
        if (!TryBegin(question, out ushort id))
        {
            return null;
        }

        try
        {
            return await TryWriteAsync(query, id, cancellationToken).ConfigureAwait(false)
                ? await question.Reply.Task.WaitAsync(cancellationToken).ConfigureAwait(false)
                : null;
        }
        finally
        {
            End(id, question);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The scope of an address is this machine's affair; no certificate has it.
    private static string NameInCertificate(NameServer server) => server.TlsName ?? new IPAddress(server.EndPoint.Address.GetAddressBytes()).ToString();

    private bool TryBegin(Question question, out ushort id)
    {
        lock (_sync)
        {
            id = 0;
            if (!_takesQuestions || _questions.Count == MostQuestions)
            {
                return false;
            }

            do
            {
                id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            }
            while (!_questions.TryAdd(id, question));

            _idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    private void End(ushort id, Question question)
    {
        lock (_sync)
        {
            _questions.Remove(id);

            // A connection whose other end has vanished breaks only after many minutes. The next question goes to a new one.
            if (!question.Reply.Task.IsCompleted && _heardAt <= question.AskedAt && _timeProvider.GetElapsedTime(question.AskedAt) >= DoubtAfter)
            {
                _takesQuestions = false;
            }

            if (_questions.Count > 0)
            {
                return;
            }

            if (_takesQuestions)
            {
                _idle.Change(IdleTimeout, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        _closing.Cancel();
    }

    private void CloseIfIdle()
    {
        lock (_sync)
        {
            if (_questions.Count > 0)
            {
                return;
            }

            _takesQuestions = false;
        }

        _closing.Cancel();
    }

    private async Task<bool> TryWriteAsync(DnsQuery query, ushort id, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        bool isWhole = false;
        try
        {
            await _stream.WriteAsync(FramedMessage.Of(query, id), cancellationToken).ConfigureAwait(false);
            return isWhole = true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
        finally
        {
            // Behind a part of a message no other can be understood.
            if (!isWhole)
            {
                await _closing.CancelAsync().ConfigureAwait(false);
            }

            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                _ = await FramedMessage.ReadAsync(_stream, this, static (message, connection) => connection.Deliver(message), _closing.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The server ended it, or we do.
        }
        finally
        {
            EndAll();
            await _stopping.DisposeAsync().ConfigureAwait(false);
            await _idle.DisposeAsync().ConfigureAwait(false);
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    // What answers no question is late: who asked has given up. It proves only that the server lives.
    private bool Deliver(ReadOnlySpan<byte> message)
    {
        Question? question;
        ushort id = message.Length >= sizeof(ushort) ? BinaryPrimitives.ReadUInt16BigEndian(message) : (ushort)0;
        lock (_sync)
        {
            _heardAt = _timeProvider.GetTimestamp();
            question = _questions.GetValueOrDefault(id);
        }

        return question is not null
            && DnsMessageReader.Read(message, question.Query, id) is DnsReply reply and not DnsReply.NotOurs
            && question.Reply.TrySetResult(reply);
    }

    private void EndAll()
    {
        lock (_sync)
        {
            _takesQuestions = false;
            foreach (Question question in _questions.Values)
            {
                question.Reply.TrySetResult(null);
            }
        }
    }

    private sealed record Question(DnsQuery Query, long AskedAt)
    {
        public TaskCompletionSource<DnsReply?> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
