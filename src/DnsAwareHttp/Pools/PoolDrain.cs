namespace DnsAwareHttp.Pools;

/// <summary>A drain that is under way.</summary>
/// <param name="Owner">The pool's origin.</param>
/// <param name="Departure">The pool, and why it left.</param>
/// <param name="Timeout">After this its connections are cut; infinite: never.</param>
/// <param name="Over">Ends with the drain.</param>
internal sealed record PoolDrain(PoolOwner Owner, Departure Departure, TimeSpan Timeout, Task Over)
{
    /// <summary>Requests whose headers were awaited when it began.</summary>
    public long RequestsAtStart { get; } = Departure.Pool.ActiveRequests;

    /// <summary>Connections that were open when it began.</summary>
    public int ConnectionsAtStart { get; } = Departure.Pool.OpenConnections;
}
