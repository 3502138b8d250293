using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Asks over TLS (RFC 7858). One connection to each server stays open for a while.</summary>
/// <remarks>
/// Certificates are always checked. There is no fallback to cleartext: every failure is <see cref="DnsReply.Silence"/>,
/// never <see cref="DnsReply.NoSocket"/>, which would send the question to the operating system's resolver.
/// </remarks>
/// <param name="timeProvider">The clock.</param>
/// <param name="trust">Makes the policy that certificates are checked by; null for the system's roots.</param>
internal sealed class TlsExchange(TimeProvider timeProvider, Func<X509ChainPolicy>? trust = null) : IDnsExchange, IAsyncDisposable
{
    private readonly OrderedLock _lock = new(LockRank.SecureServers);
    private readonly Dictionary<NameServer, Task<TlsConnection>> _connections = [];
    private readonly List<Task> _lives = [];
    private readonly CancellationTokenSource _stopping = new();

    public async ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using NetworkDeadline deadline = new(timeout, timeProvider, cancellationToken);
        try
        {
            DnsQuery padded = query with { IsPadded = true };
            return await AskOnOpenConnectionAsync(server, padded, timeout, deadline.Token).ConfigureAwait(false)

                // Servers close idle connections, and a question may be on its way at that moment. That is not a failure of the server.
                ?? await AskOnOpenConnectionAsync(server, padded, timeout, deadline.Token).ConfigureAwait(false)
                ?? new DnsReply.Silence("the connection over TLS ended before the answer came");
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsReply.Silence(
                _stopping.IsCancellationRequested ? "the cache was disposed" : $"no answer over TLS within {timeout.TotalSeconds:0.###} s");
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
    /// <remarks>Cancelled under no lock, because that runs the ends of the connections. Afterwards no connection is opened.</remarks>
    public void Stop() => _stopping.Cancel();

    public async ValueTask DisposeAsync()
    {
        Stop();
        Task[] lives;
        using (_lock.Enter())
        {
            lives = [.. _lives];
        }

        await Task.WhenAll(lives).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The reply; null when the connection ended first.</summary>
    private async Task<DnsReply?> AskOnOpenConnectionAsync(
        NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TlsConnection connection = await ConnectionTo(server, timeout).WaitAsync(cancellationToken).ConfigureAwait(false);
        return await connection.AskAsync(query, cancellationToken).ConfigureAwait(false);
    }

    // No question owns the opening: a caller that gives up must not fail the others that wait for the same connection.
    private Task<TlsConnection> ConnectionTo(NameServer server, TimeSpan timeout)
    {
        using (_lock.Enter())
        {
            if (_stopping.IsCancellationRequested)
            {
                return Task.FromCanceled<TlsConnection>(_stopping.Token);
            }

            if (_connections.TryGetValue(server, out Task<TlsConnection>? known)
                && known is { IsCompleted: false } or { IsCompletedSuccessfully: true, Result.TakesQuestions: true })
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
        using NetworkDeadline deadline = new(timeout, timeProvider, _stopping.Token);
        X509ChainPolicy policy = (trust ?? SystemTrust)();
        return await TlsConnection.OpenAsync(server, policy, timeProvider, _stopping.Token, deadline.Token).ConfigureAwait(false);
    }

    private static async Task LiveAsync(Task<TlsConnection> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await (await opening.ConfigureAwait(false)).Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A download of revocation lists or missing certificates would need name resolution first.
    private static X509ChainPolicy SystemTrust() =>
        new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
}
