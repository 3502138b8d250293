namespace DnsAwareHttp.Pools;

/// <summary>
/// Hears of changes of a pool that concern the set of endpoints. Called on the thread that brought the change, under no lock.
/// </summary>
internal interface IPoolObserver
{
    /// <summary>The endpoint is to be avoided from now on, or no longer.</summary>
    void OnHealthChanged(EndpointPool pool);

    /// <summary>The connections have served the maximum number of requests on average.</summary>
    void OnRenewalDue(EndpointPool pool);
}
