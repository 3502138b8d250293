namespace DnsAwareHttp.Health;

/// <summary>Tells when the connections of a pool have served as many requests on average as they may.</summary>
/// <param name="maxPerConnection">The limit; null for no limit.</param>
internal sealed class RequestBudget(int? maxPerConnection)
{
    private long _spentAt = maxPerConnection ?? long.MaxValue;

    /// <summary>Whether the limit may be reached. Asked by each request: one read and one comparison.</summary>
    public bool MayBeSpent(long totalRequests) => totalRequests >= Volatile.Read(ref _spentAt);

    /// <summary>Whether the limit is reached. True once; then again after as many requests more.</summary>
    /// <param name="totalRequests">Requests so far.</param>
    /// <param name="openConnections">Connections that share the requests.</param>
    public bool IsSpent(long totalRequests, int openConnections)
    {
        long due = (maxPerConnection ?? long.MaxValue) * (long)Math.Max(1, openConnections);
        if (totalRequests < due)
        {
            // More connections share the requests: they will have served their part later.
            Volatile.Write(ref _spentAt, due);
            return false;
        }

        return Interlocked.Exchange(ref _spentAt, totalRequests + due) <= totalRequests;
    }
}
