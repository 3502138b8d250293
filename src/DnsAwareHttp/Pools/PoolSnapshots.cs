namespace DnsAwareHttp.Pools;

/// <summary>What people see of a pool.</summary>
internal static class PoolSnapshots
{
    /// <param name="pool">The pool.</param>
    /// <param name="membership">Why the address is in use, or why it left.</param>
    /// <param name="now">The time.</param>
    public static EndpointSnapshot Snapshot(this EndpointPool pool, string membership, DateTimeOffset now)
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
            TotalConnections = pool.TotalConnections,
            WaitingRequests = pool.Room.Pending,
            RequestsPerSecond = Math.Round(pool.Traffic.RateAt(now), 3),
            RampUp = Math.Round(pool.Share, 3),
            EjectedUntil = health.State is EndpointState.Ejected ? health.Ejection?.Until : null,
            EjectionsInARow = health.State is EndpointState.Ejected ? health.Ejection?.Count ?? 0 : 0,
            Membership = membership,
        };
    }

    /// <summary>What people see of a pool that drains.</summary>
    public static EndpointSnapshot Snapshot(this PoolDrain drain, DateTimeOffset now)
    {
        EndpointSnapshot pool = drain.Departure.Pool.Snapshot(drain.Departure.Detail, now);
        return pool with
        {
            Drain = new DrainSnapshot
            {
                Since = pool.Since,
                Reason = drain.Departure.Reason,
                RequestsAtStart = drain.RequestsAtStart,
                ConnectionsAtStart = drain.ConnectionsAtStart,
                CutAt = drain.Timeout == Timeout.InfiniteTimeSpan ? null : pool.Since + drain.Timeout,
            },
        };
    }
}
