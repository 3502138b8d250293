namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Asks one server one question once.</summary>
internal interface IDnsExchange
{
    /// <summary>
    /// The reply, or <see cref="DnsReply.Silence"/> when <paramref name="timeout"/> is over. The query's name can be written
    /// (<see cref="DnsMessageWriter.ProblemOf"/>). Only <paramref name="cancellationToken"/> cancels.
    /// </summary>
    ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken);
}
