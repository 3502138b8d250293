using System.Net;
using System.Net.Sockets;
using DnsClient;

namespace DnsAwareHttp.DnsClient;

/// <summary>Resolves names with the DnsClient package: <c>new DnsCache(resolver: new DnsClientResolver())</c>.</summary>
/// <remarks>
/// <para>The <see cref="DnsCache"/> keeps the answers, so the client's own cache is off. Names are absolute: neither a hosts file nor a
/// search list is used.</para>
/// <para>Both address families are asked for at once. A name server that has not answered within 500 ms gets company: the next one is asked
/// beside it, or the same one again when there is no other. The first addresses count. A later server's "no" counts only when the earlier
/// servers have failed or stay late. A failure (SERVFAIL, REFUSED, a timeout) passes the question on at once. Aliases that a server does
/// not follow are asked for, up to 16 times; the answer then holds 1 s longer for each question.</para>
/// <para>SRV records are asked for in the same way (<see cref="DnsAwareOptions.ServiceRecords"/>).</para>
/// </remarks>
public sealed class DnsClientResolver : NameResolver
{
    private const string ResolvConf = "/etc/resolv.conf";
    private const int MaxQuestions = 16;

    private static readonly TimeSpan TtlForEachQuestion = TimeSpan.FromSeconds(1);

    private readonly LookupClient _client;
    private readonly NameServer[] _configured;
    private readonly SystemServers? _system;
    private readonly int _rounds;

    /// <summary>Makes a resolver that asks the name servers of the system, in their order, each at most three times.</summary>
    /// <remarks>
    /// They are those of <c>/etc/resolv.conf</c>, whose changes are followed; on systems without it, those of the interfaces.
    /// </remarks>
    public DnsClientResolver()
        : this(new LookupClientOptions())
    {
    }

    /// <summary>Makes a resolver with settings of the DnsClient package.</summary>
    /// <param name="options">
    /// <para>Name servers and how to ask them, copied now. The servers are asked in the order of the list, and those of the system after
    /// them with <see cref="LookupClientOptions.AutoResolveNameServers"/>. Each is asked up to 1 + <see cref="DnsQueryOptions.Retries"/>
    /// times; <see cref="DnsQueryOptions.Timeout"/> is for one try, and a question ends after 5 s in any case.</para>
    /// <para>Not used: the cache and its settings, <see cref="DnsQueryOptions.ThrowDnsErrors"/>,
    /// <see cref="DnsQueryOptions.ContinueOnDnsError"/>, <see cref="DnsQueryOptions.ContinueOnEmptyResponse"/>, and
    /// <see cref="DnsQueryOptions.UseRandomNameServer"/>, which is on by default: a second server that does not know an internal name would
    /// deny it.</para>
    /// </param>
    /// <param name="resolvConfPath">The file with the system's name servers; null for <c>/etc/resolv.conf</c>.</param>
    public DnsClientResolver(LookupClientOptions options, string? resolvConfPath = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _rounds = 1 + options.Retries;
        _configured = [.. options.NameServers];
        _system = options.AutoResolveNameServers ? new SystemServers(resolvConfPath ?? ResolvConf) : null;

        // The servers are given with each question. The client itself wants one.
        _client = new LookupClient(new LookupClientOptions(_configured.Length > 0 ? _configured : [new NameServer(IPAddress.Loopback)])
        {
            AutoResolveNameServers = false,
            EnableAuditTrail = options.EnableAuditTrail,
            ExtendedDnsBufferSize = options.ExtendedDnsBufferSize,
            Recursion = options.Recursion,
            RequestDnsSecRecords = options.RequestDnsSecRecords,
            Retries = 0,
            Timeout = options.Timeout,
            UseTcpFallback = options.UseTcpFallback,
            UseTcpOnly = options.UseTcpOnly,
            UseCache = false,
            ThrowDnsErrors = false,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
            UseRandomNameServer = false,
        });
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

    /// <inheritdoc/>
    public override async ValueTask<Answer> ResolveServiceAsync(string service, CancellationToken cancellationToken) =>
        await AskAsync(service, QueryType.SRV, cancellationToken).ConfigureAwait(false);

    private async Task<Answer> AskAsync(string host, QueryType type, CancellationToken cancellationToken)
    {
        TimeSpan ttl = TimeSpan.MaxValue;
        int links = 0;
        for (int questions = 1; ; questions++)
        {
            string name = host;
            Reply reply = await HedgedQuery
                .AskAsync(Turns(), (server, token) => AskServerAsync(server, name, type, token), cancellationToken).ConfigureAwait(false);
            links += reply.Links;
            if (reply.Alias is null)
            {
                return Within(ttl, (questions - 1) * TtlForEachQuestion, reply.Answer);
            }

            if (links > ResponseReader.MaxAliases || questions == MaxQuestions)
            {
                return new Answer.Failed("the chain of aliases is too long, or is a loop");
            }

            ttl = Smaller(ttl, ((Answer.Found)reply.Answer).Ttl);
            host = ResponseReader.WireForm(reply.Alias);
        }
    }

    // The answer at the end of a chain holds for as long as its aliases, and not less than the questions for it are worth.
    private static Answer Within(TimeSpan ttl, TimeSpan least, Answer answer) => answer switch
    {
        Answer.Found found => found with { Ttl = Larger(least, Smaller(ttl, found.Ttl)) },
        Answer.Empty none => none with { NegativeTtl = Larger(least, Smaller(ttl, none.NegativeTtl)) },
        _ => answer,
    };

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Larger(TimeSpan one, TimeSpan other) => one > other ? one : other;

    // The servers one after the other, as often as there are rounds. Read for each question: those of the system may change.
    private IEnumerable<NameServer> Turns()
    {
        NameServer[] servers = _system is null ? _configured : [.. _configured.Concat(_system.Current).Distinct()];
        return Enumerable.Repeat(servers, _rounds).SelectMany(static round => round);
    }

    private async Task<Reply> AskServerAsync(NameServer server, string host, QueryType type, CancellationToken cancellationToken)
    {
        try
        {
            DnsQuestion question = new(host, type);
            IDnsQueryResponse response = await _client.QueryServerAsync([server], question, cancellationToken).ConfigureAwait(false);
            return ResponseReader.Read(host, type, response);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The client wraps the caller's cancellation as if a server had failed.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            return new Reply(new Answer.Failed($"name server {server}: {exception.Message}", exception));
        }
    }
}
