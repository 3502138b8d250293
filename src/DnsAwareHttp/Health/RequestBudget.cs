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
        long spentAt = Volatile.Read(ref _spentAt);
        if (maxPerConnection is not int max || totalRequests < spentAt)
        {
            return false;
        }

        // More connections share the requests: they will have served their part later.
        long due = max * (long)Math.Max(1, openConnections);
        bool isSpent = totalRequests >= due;

        // Of several requests at one time only one moves the limit. A late one must not move it back.
        return Interlocked.CompareExchange(ref _spentAt, isSpent ? totalRequests + due : due, spentAt) == spentAt && isSpent;
    }
}
