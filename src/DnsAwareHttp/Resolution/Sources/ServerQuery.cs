using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks one server one question: again without EDNS if the server does not know it, by TCP if the answer does not fit.</summary>
internal sealed class ServerQuery(IDnsExchange udp, IDnsExchange tcp, IDnsExchange tls)
{
    public async Task<DnsReply> AskAsync(NameServer server, DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        IDnsExchange exchange = server.IsTls ? tls : current.UseTcp ? tcp : udp;
        DnsReply reply = await exchange.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false);
        if (reply is DnsReply.Refusal { Code: DnsResponseCode.FormErr or DnsResponseCode.BadVers })
        {
            query = query with { Edns = false };
            reply = await exchange.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false);
        }

        return reply is DnsReply.Truncated && exchange == udp
            ? await tcp.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false)
            : reply;
    }
}
