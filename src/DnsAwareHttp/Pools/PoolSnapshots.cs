namespace DnsAwareHttp.Pools;

/// <summary>What people see of a pool.</summary>
internal static class PoolSnapshots
{
    /// <param name="pool">The pool.</param>
    /// <param name="membership">Why the address is in use, or why it left.</param>
    public static EndpointSnapshot Snapshot(this EndpointPool pool, string membership)
    {
        Health.EndpointHealth health = pool.Health;
        return new EndpointSnapshot
        {
            Address = pool.Address,
            State = health.State,
            Reason = health.Reason,
            Since = health.Since,
            ActiveRequests = pool.ActiveRequests,
            TotalRequests = pool.TotalRequests,
            OpenConnections = pool.OpenConnections,
            Membership = membership,
        };
    }
}
