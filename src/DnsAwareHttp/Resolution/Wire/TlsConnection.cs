using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>One connection to a name server over TLS. It takes many questions at a time, and ends when it is idle for a while.</summary>
/// <remarks>Replies come in any order (RFC 7766 section 7).</remarks>
internal sealed class TlsConnection : IAsyncDisposable
{
    /// <summary>It ends after this time without a question.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);

    /// <inheritdoc cref="PendingQuestions.DoubtAfter"/>
    public static readonly TimeSpan DoubtAfter = PendingQuestions.DoubtAfter;

    private readonly SslStream _stream;
    private readonly PendingQuestions _questions;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _idle;
    private CancellationTokenRegistration _stopping;

    private TlsConnection(SslStream stream, TimeProvider timeProvider)
    {
        _stream = stream;
        _questions = new PendingQuestions(timeProvider);
        _idle = Background.CreateTimer(
            timeProvider, "the idle timer of a name server", NullLogger.Instance, this, static connection => connection.CloseIfIdle(),
            IdleTimeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when the connection is closed and its work is over.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public bool TakesQuestions => !_questions.IsClosed;

    /// <exception cref="SocketException">There is no connection.</exception>
    /// <exception cref="IOException">The connection broke during the handshake.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate does not fit, or is not
    /// trusted.</exception>
    public static async Task<TlsConnection> OpenAsync(
        NameServer server, X509ChainPolicy trust, TimeProvider timeProvider, CancellationToken stopping,
        CancellationToken cancellationToken)
    {
        SslStream stream = await ConnectAsync(server, trust, cancellationToken).ConfigureAwait(false);
        TlsConnection connection = new(stream, timeProvider);
        connection.Start(stopping);
        return connection;
    }

    /// <summary>The reply; null when the connection takes no questions, or ended before the reply came.</summary>
    public async Task<DnsReply?> AskAsync(DnsQuery query, CancellationToken cancellationToken)
    {
        if (_questions.TryAdd(query) is not PendingQuestions.Pending question)
        {
            return null;
        }

        try
        {
            return await TryWriteAsync(question, cancellationToken).ConfigureAwait(false)
                ? await question.Reply.WaitAsync(cancellationToken).ConfigureAwait(false)
                : null;
        }
        finally
        {
            End(question);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<SslStream> ConnectAsync(NameServer server, X509ChainPolicy trust, CancellationToken cancellationToken)
    {
        Socket socket = new(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync(server.EndPoint, cancellationToken).ConfigureAwait(false);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            SslClientAuthenticationOptions options = new() { TargetHost = NameInCertificate(server), CertificateChainPolicy = trust };
            await stream.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            return stream;
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

    // The scope of an address belongs to this machine. No certificate has it.
    private static string NameInCertificate(NameServer server) =>
        server.TlsName ?? new IPAddress(server.EndPoint.Address.GetAddressBytes()).ToString();

    private void Start(CancellationToken stopping)
    {
        _stopping = stopping.UnsafeRegister(static state => ((TlsConnection)state!)._closing.Cancel(), this);
        Ended = Background.Run(ReadAsync);
    }

    private void End(PendingQuestions.Pending question)
    {
        if (!_questions.Remove(question))
        {
            return;
        }

        if (_questions.IsClosed)
        {
            _closing.Cancel();
        }
        else
        {
            _idle.Change(IdleTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    // A question under way when the timer fires sets it again at its end.
    private void CloseIfIdle()
    {
        if (_questions.TryClose())
        {
            _closing.Cancel();
        }
    }

    private async Task<bool> TryWriteAsync(PendingQuestions.Pending question, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        bool isWhole = false;
        try
        {
            await _stream.WriteAsync(FramedMessage.Of(question.Query, question.Id), cancellationToken).ConfigureAwait(false);
            return isWhole = true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
        finally
        {
            // After a part of a message, no other message can be understood.
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
                _ = await FramedMessage.ReadAsync(
                    _stream, _questions, static (message, questions) => questions.Deliver(message), _closing.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The server ended the connection, or this side does.
        }
        finally
        {
            _questions.CloseAll();
            await _stopping.DisposeAsync().ConfigureAwait(false);
            await _idle.DisposeAsync().ConfigureAwait(false);
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
