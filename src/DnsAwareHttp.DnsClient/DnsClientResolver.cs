using System.Net.Sockets;
using DnsClient;

namespace DnsAwareHttp.DnsClient;

/// <summary>Resolves names with the DnsClient package: <c>new DnsCache(resolver: new DnsClientResolver())</c>.</summary>
/// <remarks>
/// <para>The <see cref="DnsCache"/> keeps the answers, so the client's own cache is off. Names are absolute: neither a hosts file nor a
/// search list is used.</para>
/// <para>Both address families are asked for at once. A name server that has not answered within 500 ms gets company: the next one is asked
/// beside it, or the same one again when there is no other. The first addresses count. A later server's "no" counts only when the earlier
/// servers have failed or stay late. A failure (SERVFAIL, REFUSED, a timeout) passes the question on at once.</para>
/// </remarks>
public sealed class DnsClientResolver : NameResolver
{
    private readonly LookupClient _client;
    private readonly int _rounds;
    private readonly bool _startsAnywhere;

    /// <summary>Makes a resolver that asks the name servers of the system, in their order, each at most three times.</summary>
    public DnsClientResolver()
        : this(new LookupClientOptions { UseRandomNameServer = false })
    {
    }

    /// <summary>Makes a resolver with settings of the DnsClient package.</summary>
    /// <param name="options">
    /// Name servers and how to ask them. Each is asked up to 1 + <see cref="DnsQueryOptions.Retries"/> times;
    /// <see cref="DnsQueryOptions.Timeout"/> is for one try, and a question ends after 5 s in any case. With
    /// <see cref="DnsQueryOptions.UseRandomNameServer"/> any server may be the first. The resolver takes the object over: it switches off
    /// <see cref="DnsQueryOptions.UseCache"/>, <see cref="DnsQueryOptions.ThrowDnsErrors"/>,
    /// <see cref="DnsQueryOptions.ContinueOnDnsError"/>, <see cref="DnsQueryOptions.ContinueOnEmptyResponse"/> and, because it repeats
    /// questions itself, <see cref="DnsQueryOptions.Retries"/>.
    /// </param>
    public DnsClientResolver(LookupClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _rounds = 1 + options.Retries;
        _startsAnywhere = options.UseRandomNameServer;
        options.Retries = 0;
        options.UseCache = false;
        options.ThrowDnsErrors = false;
        options.ContinueOnDnsError = false;
        options.ContinueOnEmptyResponse = false;
        _client = new LookupClient(options);
    }

    /// <inheritdoc/>
    public override async ValueTask<Answer> ResolveAsync(string host, AddressFamily addressFamily, CancellationToken cancellationToken)
    {
        if (addressFamily is not AddressFamily.Unspecified)
        {
            QueryType type = addressFamily is AddressFamily.InterNetwork ? QueryType.A : QueryType.AAAA;
            return await AskAsync(host, type, cancellationToken).ConfigureAwait(false);
        }

        Task<Answer> ipv4 = AskAsync(host, QueryType.A, cancellationToken);
        Task<Answer> ipv6 = AskAsync(host, QueryType.AAAA, cancellationToken);
        await Task.WhenAll(ipv4, ipv6).ConfigureAwait(false);
        return Answer.Merge(await ipv4.ConfigureAwait(false), await ipv6.ConfigureAwait(false));
    }

    private Task<Answer> AskAsync(string host, QueryType type, CancellationToken cancellationToken) =>
        HedgedQuery.AskAsync(Turns(), (server, token) => AskServerAsync(server, host, type, token), cancellationToken);

    // The servers one after the other, as often as there are rounds. Read for each question: the client follows changes of the network.
    private IEnumerable<NameServer> Turns()
    {
        NameServer[] servers = [.. _client.NameServers];
        int first = _startsAnywhere && servers.Length > 1 ? Random.Shared.Next(servers.Length) : 0;
        return Enumerable.Range(0, _rounds * servers.Length).Select(turn => servers[(first + turn) % servers.Length]);
    }

    private async Task<Answer> AskServerAsync(NameServer server, string host, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            DnsQuestion question = new(host, type);
            IDnsQueryResponse response = await _client.QueryServerAsync([server], question, cancellationToken).ConfigureAwait(false);
            return ResponseReader.Read(host, response);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The client wraps the caller's cancellation as if a server had failed.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            return new Answer.Failed($"name server {server}: {exception.Message}", exception);
        }
    }
}
