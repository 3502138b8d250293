using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Does what the test says when a pool reports.</summary>
internal sealed class PoolObserver(Action<EndpointPool>? healthChanged = null, Action<EndpointPool>? renewalDue = null) : IPoolObserver
{
    public void OnHealthChanged(EndpointPool pool) => healthChanged?.Invoke(pool);

    public void OnRenewalDue(EndpointPool pool) => renewalDue?.Invoke(pool);
}
