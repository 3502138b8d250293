using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks one server one question: without EDNS if the server fails with it, by TCP if the answer does not fit.</summary>
internal sealed class ServerQuery(IDnsExchange udp, IDnsExchange tcp, IDnsExchange tls, EdnsMemory edns, TimeProvider timeProvider)
{
    // The reply with EDNS counts also when it comes shortly after that without it.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    public async Task<DnsReply> AskAsync(NameServer server, DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        IDnsExchange exchange = server.IsTls ? tls : current.UseTcp ? tcp : udp;
        DnsQuery plain = query with { Edns = false };
        query = server.IsTls || edns.MayBeUsed(server) ? query : plain;
        DnsReply reply = query.Edns && exchange == udp
            ? await AskBothWaysAsync(server, query, plain, current.Timeout, cancellationToken).ConfigureAwait(false)
            : await exchange.AskAsync(server, query, current.Timeout, cancellationToken).ConfigureAwait(false);
        if (query.Edns && edns.MayBeTheReason(server, reply))
        {
            DnsReply without = await exchange.AskAsync(server, plain, current.Timeout, cancellationToken).ConfigureAwait(false);
            reply = edns.Better(server, reply, without);
        }

        return reply is DnsReply.Truncated && exchange == udp
            ? await tcp.AskAsync(server, edns.MayBeUsed(server) ? query : plain, current.Timeout, cancellationToken).ConfigureAwait(false)
            : reply;
    }

    /// <summary>Asks with EDNS, and without it beside that if no reply comes: something on the way may drop the one or the other.</summary>
    private async Task<DnsReply> AskBothWaysAsync(
        NameServer server, DnsQuery query, DnsQuery plain, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<DnsReply> with = udp.AskAsync(server, query, Bound(timeout), end.Token).AsTask();
        TimeSpan patience = edns.PatienceWith(server);
        await DelayAsync(with, patience).ConfigureAwait(false);
        if (with.IsCompleted || timeout <= patience)
        {
            return edns.Heard(server, await with.ConfigureAwait(false));
        }

        Task<DnsReply> without = udp.AskAsync(server, plain, Bound(timeout - patience), end.Token).AsTask();
        if (await Task.WhenAny(with, without).ConfigureAwait(false) == without)
        {
            await DelayAsync(with, Grace).ConfigureAwait(false);
        }

        DnsReply reply = with.IsCompleted
            ? edns.Heard(server, await with.ConfigureAwait(false))
            : new DnsReply.Silence("no answer with EDNS");
        if (reply is DnsReply.Silence)
        {
            reply = edns.Better(server, reply, await without.ConfigureAwait(false));
        }

        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll((Task)with, without).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reply;
    }

    // All servers together have less time: a bound of its own would cost a question a timer.
    private static TimeSpan Bound(TimeSpan timeout) => timeout < ServerRun.Share ? timeout : Timeout.InfiniteTimeSpan;

    private async Task DelayAsync(Task reply, TimeSpan time) =>
        await reply.WaitAsync(time, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
