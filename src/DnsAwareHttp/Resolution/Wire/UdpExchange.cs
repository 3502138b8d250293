using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Asks by UDP.</summary>
internal sealed class UdpExchange(TimeProvider timeProvider) : IDnsExchange
{
    public ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken) =>
        timeout == Timeout.InfiniteTimeSpan
            ? UdpQuestion.AskAsync(server.EndPoint, query, cancellationToken)
            : AskWithinAsync(server, query, timeout, cancellationToken);

    private async ValueTask<DnsReply> AskWithinAsync(
        NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using NetworkDeadline deadline = new(timeout, timeProvider, cancellationToken);
        try
        {
            return await UdpQuestion.AskAsync(server.EndPoint, query, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsReply.Silence($"no answer within {timeout.TotalSeconds:0.###} s");
        }
    }
}
