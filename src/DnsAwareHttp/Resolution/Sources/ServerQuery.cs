using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks one server one question: without EDNS if the server fails with it, by TCP if the answer does not fit.</summary>
internal sealed class ServerQuery(IDnsExchange udp, IDnsExchange tcp, IDnsExchange tls, EdnsMemory edns)
{
    /// <param name="server">The server.</param>
    /// <param name="query">The question.</param>
    /// <param name="isLast">Whether the server did not answer the question before and is not asked again: EDNS may be the reason.</param>
    /// <param name="current">How to ask.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<DnsReply> AskAsync(
        NameServer server, DnsQuery query, bool isLast, DnsSettings current, CancellationToken cancellationToken)
    {
        IDnsExchange exchange = server.IsTls ? tls : current.UseTcp ? tcp : udp;
        DnsQuery plain = query with { Edns = false };
        query = server.IsTls || edns.MayBeUsed(server) ? query : plain;
        bool leavesOut = isLast && query.Edns && !server.IsTls;
        query = leavesOut ? plain : query;
        DnsReply reply = await exchange.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false);
        if (leavesOut && reply is DnsReply.Records or DnsReply.None or DnsReply.Elsewhere or DnsReply.Truncated)
        {
            edns.OnFailed(server);
        }

        if (query.Edns && edns.MayBeTheReason(server, reply))
        {
            query = plain;
            DnsReply without = await exchange.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false);
            reply = edns.Better(server, reply, without);
        }

        return reply is DnsReply.Truncated && exchange == udp
            ? await tcp.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false)
            : reply;
    }
}
