namespace DnsAwareHttp.Pools;

/// <summary>What people see of a pool.</summary>
internal static class PoolSnapshots
{
    /// <param name="pool">The pool.</param>
    /// <param name="membership">Why the address is in use, or why it left.</param>
    /// <param name="now">The time.</param>
    /// <param name="place">Its place among the others of its origin.</param>
    public static EndpointSnapshot Snapshot(this EndpointPool pool, string membership, DateTimeOffset now, in PoolPlace place)
    {
        Health.EndpointHealth health = pool.Health;
        double rate = pool.Traffic.RateAt(now);
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
            RequestsPerSecond = Math.Round(rate, 3),
            TrafficShare = place.OriginRate > 0 ? Math.Round(Math.Min(rate / place.OriginRate, 1), 4) : null,
            IsPreferred = place.IsPreferred,
            Latency = pool.Outcomes.Latency.Mean,
            RampUp = Math.Round(pool.Share, 3),
            EjectedUntil = health.State is EndpointState.Ejected ? health.Ejection?.Until : null,
            EjectionsInARow = health.State is EndpointState.Ejected ? health.Ejection?.Count ?? 0 : 0,
            Probe = health.Probe,
            Priority = place.Priority,
            Weight = place.Weight,
            HasRoute = place.HasRoute,
            Drain = place.Drain,
            Membership = membership,
        };
    }

    /// <summary>What people see of a pool that drains.</summary>
    public static EndpointSnapshot Snapshot(this PoolDrain drain, DateTimeOffset now, double originRate)
    {
        DateTimeOffset since = drain.Departure.Pool.Health.Since;
        DrainSnapshot progress = new()
        {
            Since = since,
            Reason = drain.Departure.Reason,
            RequestsAtStart = drain.RequestsAtStart,
            ConnectionsAtStart = drain.ConnectionsAtStart,
            CutAt = drain.Timeout == Timeout.InfiniteTimeSpan ? null : since + drain.Timeout,
        };
        return drain.Departure.Pool.Snapshot(drain.Departure.Detail, now, new PoolPlace { OriginRate = originRate, Drain = progress });
    }
}
