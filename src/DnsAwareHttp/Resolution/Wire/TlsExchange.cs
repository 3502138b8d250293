using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Asks over TLS (RFC 7858), on connections that are kept open for a while, one for each server.</summary>
/// <remarks>
/// Certificates are always checked, and what cannot be asked over TLS is not asked in clear: every failure is <see cref="DnsReply.Silence"/>,
/// never <see cref="DnsReply.NoSocket"/>, which would send the question to the operating system's resolver.
/// </remarks>
/// <param name="timeProvider">The clock.</param>
/// <param name="trust">Whom certificates are believed from; null for the system's roots.</param>
internal sealed class TlsExchange(TimeProvider timeProvider, Func<X509ChainPolicy>? trust = null) : IDnsExchange, IAsyncDisposable
{
    private readonly Lock _opening = new();
    private readonly Dictionary<NameServer, Task<TlsConnection>> _connections = [];
    private readonly List<Task> _lives = [];
    private readonly CancellationTokenSource _stopping = new();

    public async ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(timeout, timeProvider);
        using CancellationTokenRegistration caller = cancellationToken.UnsafeRegister(static ended => ((CancellationTokenSource)ended!).Cancel(), deadline);
        try
        {
            DnsQuery padded = query with { IsPadded = true };
            return await AskOnOpenConnectionAsync(server, padded, timeout, deadline.Token).ConfigureAwait(false)

                // Servers close connections that they think idle, and a question may cross the end on its way. That says nothing of the server.
                ?? await AskOnOpenConnectionAsync(server, padded, timeout, deadline.Token).ConfigureAwait(false)
                ?? new DnsReply.Silence("the connection over TLS ended before the answer came");
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsReply.Silence(_stopping.IsCancellationRequested ? "the cache was disposed" : $"no answer over TLS within {timeout.TotalSeconds:0.###} s");
        }
        catch (AuthenticationException exception)
        {
            return new DnsReply.Silence($"its certificate or its TLS is not accepted ({exception.Message})", exception);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return new DnsReply.Silence($"no connection over TLS ({exception.Message})", exception);
        }
    }

    /// <summary>Closes all connections; questions end without an answer.</summary>
    public void Stop()
    {
        lock (_opening)
        {
            _stopping.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        Task[] lives;
        lock (_opening)
        {
            lives = [.. _lives];
        }

        await Task.WhenAll(lives).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The reply; null when the connection ended first.</summary>
    private async Task<DnsReply?> AskOnOpenConnectionAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TlsConnection connection = await ConnectionTo(server, timeout).WaitAsync(cancellationToken).ConfigureAwait(false);
        return await connection.AskAsync(query, cancellationToken).ConfigureAwait(false);
    }

    // Opening belongs to nobody's question: a caller that gives up must not fail the others that wait for the same connection.
    private Task<TlsConnection> ConnectionTo(NameServer server, TimeSpan timeout)
    {
        lock (_opening)
        {
            if (_stopping.IsCancellationRequested)
            {
                return Task.FromCanceled<TlsConnection>(_stopping.Token);
            }

            if (_connections.TryGetValue(server, out Task<TlsConnection>? known) && known is { IsCompleted: false } or { IsCompletedSuccessfully: true, Result.TakesQuestions: true })
            {
                return known;
            }

            _lives.RemoveAll(static life => life.IsCompleted);
            Task<TlsConnection> opening = Background.Run(() => OpenAsync(server, timeout));
            _lives.Add(LiveAsync(opening));
            return _connections[server] = opening;
        }
    }

    private async Task<TlsConnection> OpenAsync(NameServer server, TimeSpan timeout)
    {
        using CancellationTokenSource deadline = new(timeout, timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
        return await TlsConnection.OpenAsync(server, (trust ?? SystemTrust)(), timeProvider, _stopping.Token, either.Token).ConfigureAwait(false);
    }

    private static async Task LiveAsync(Task<TlsConnection> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await (await opening.ConfigureAwait(false)).Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // To download revocation lists or missing certificates, names would have to be resolved first.
    private static X509ChainPolicy SystemTrust() => new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
}
