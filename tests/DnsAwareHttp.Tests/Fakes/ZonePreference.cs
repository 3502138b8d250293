using System.Net;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Prefers the addresses that the name of the own zone has. As in docs/balancing.md.</summary>
public sealed class ZonePreference(DnsCache cache, string zone) : AddressPriorities
{
    private volatile HashSet<IPAddress> _local = [];

    public override int PriorityOf(IPAddress address, string host, int port) => _local.Contains(address) ? 0 : 1;

    public async Task FollowAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(interval);
        do
        {
            await LookAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>The cache asks DNS when the TTL is over. A failure changes nothing.</summary>
    public async Task LookAsync(CancellationToken cancellationToken = default)
    {
        Answer answer = await cache.PrefetchAsync(zone, cancellationToken: cancellationToken);
        HashSet<IPAddress> local = answer switch
        {
            Answer.Found found => [.. found.Addresses],
            Answer.Empty => [],
            _ => _local,
        };
        if (!local.SetEquals(_local))
        {
            _local = local;
            NotifyChanged();
        }
    }
}
