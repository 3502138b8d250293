using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks one server one question: without EDNS if the server fails with it, by TCP if the answer does not fit.</summary>
internal sealed class ServerQuery(IDnsExchange udp, IDnsExchange tcp, IDnsExchange tls, EdnsMemory edns, TimeProvider timeProvider)
{
    // The reply with EDNS counts also when it comes shortly after that without it.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether the server is asked by UDP, with EDNS.</summary>
    public bool CanOpen(NameServer server, DnsSettings current) => !server.IsTls && !current.UseTcp && edns.MayBeUsed(server);

    /// <summary>Asks by UDP, with EDNS, without a limit of time.</summary>
    public ValueTask<DnsReply> OpenAsync(NameServer server, DnsQuery query, CancellationToken cancellationToken) =>
        udp.AskAsync(server, query, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Whether the server may know, without EDNS, what it denies with it.</summary>
    public bool MayLack(NameServer server, DnsReply.None denial) => edns.MayBeTheReason(server, denial);

    /// <summary>Notes the reply to a question with EDNS.</summary>
    public void OnHeard(NameServer server, DnsReply reply) => _ = edns.Heard(server, reply);

    public Task<DnsReply> AskAsync(NameServer server, DnsQuery query, DnsSettings current, CancellationToken cancellationToken) =>
        AskAsync(server, query, opened: null, current, cancellationToken);

    /// <summary>Goes on with a question that was opened.</summary>
    public Task<DnsReply> FinishAsync(OpenedQuestion opened, DnsSettings current, CancellationToken cancellationToken) =>
        AskAsync(opened.Server, opened.Query!, opened, current, cancellationToken);

    private async Task<DnsReply> AskAsync(
        NameServer server, DnsQuery query, OpenedQuestion? opened, DnsSettings current, CancellationToken cancellationToken)
    {
        IDnsExchange exchange = server.IsTls ? tls : current.UseTcp ? tcp : udp;
        DnsQuery plain = query with { Edns = false };
        query = server.IsTls || opened is not null || edns.MayBeUsed(server) ? query : plain;
        DnsReply reply = query.Edns && exchange == udp
            ? await AskBothWaysAsync(server, query, opened, current.Timeout, cancellationToken).ConfigureAwait(false)
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
        NameServer server, DnsQuery query, OpenedQuestion? opened, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<DnsReply> with = opened is null
            ? udp.AskAsync(server, query, Bound(timeout), end.Token).AsTask()
            : opened.FinishAsync(Bound(timeout), end.Token);
        TimeSpan patience = edns.PatienceWith(server);
        await DelayAsync(with, opened is null ? patience : Left(opened.SentAt, patience)).ConfigureAwait(false);
        if (with.IsCompleted || timeout <= patience)
        {
            return edns.Heard(server, await with.ConfigureAwait(false));
        }

        Task<DnsReply> without = udp.AskAsync(server, query with { Edns = false }, Bound(timeout - patience), end.Token).AsTask();
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

    private TimeSpan Left(long since, TimeSpan of)
    {
        TimeSpan left = of - timeProvider.GetElapsedTime(since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task DelayAsync(Task reply, TimeSpan time) =>
        await reply.WaitAsync(time, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
