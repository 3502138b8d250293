using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A server park that replies what a function says, at once.</summary>
internal sealed class FakeExchange(Func<IPEndPoint, DnsQuery, DnsReply> reply) : IDnsExchange
{
    private readonly ConcurrentQueue<(string Server, DnsQuery Query)> _asked = new();

    /// <summary>The servers that were asked, by address, in order.</summary>
    public IReadOnlyList<string> Servers => [.. _asked.Select(ask => ask.Server)];

    public IReadOnlyList<DnsQuery> Queries => [.. _asked.Select(ask => ask.Query)];

    public IReadOnlyList<string> Hosts => [.. _asked.Select(ask => ask.Query.Host)];

    public ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _asked.Enqueue((server.EndPoint.Address.ToString(), query));
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(reply(server.EndPoint, query));
    }
}
