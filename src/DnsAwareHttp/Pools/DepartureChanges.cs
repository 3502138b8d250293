namespace DnsAwareHttp.Pools;

/// <summary>What the readers of changes hear of a departure.</summary>
internal static class DepartureChanges
{
    /// <summary>The pool begins to drain.</summary>
    public static DnsAwareChange.EndpointLeft LeftFrom(this Departure departure, PoolOwner owner) => new()
    {
        At = departure.Pool.Health.Since,
        Origin = owner.Name,
        Address = departure.Pool.Address,
        Reason = departure.Reason,
        Detail = departure.Detail,
        ActiveRequests = departure.Pool.ActiveRequests,
        OpenConnections = departure.Pool.OpenConnections,
    };

    /// <summary>The drain of the pool is over.</summary>
    public static DnsAwareChange.DrainEnded DrainedFrom(
        this Departure departure, PoolOwner owner, TimeSpan duration, int graceful, int cut)
    {
        return new()
        {
            At = departure.Pool.Health.Since + duration,
            Origin = owner.Name,
            Address = departure.Pool.Address,
            Duration = duration,
            Graceful = graceful,
            Cut = cut,
        };
    }
}
