namespace DnsAwareHttp.Health;

/// <summary>The requests of one endpoint at one moment, since it was made.</summary>
/// <param name="Sent">Requests sent.</param>
/// <param name="UnderWay">Requests without an outcome yet.</param>
/// <param name="Bad">Requests that failed at the endpoint.</param>
/// <param name="Neither">Requests whose end tells nothing of the endpoint.</param>
internal readonly record struct RequestTally(long Sent, long UnderWay, long Bad, long Neither)
{
    /// <summary>The outcomes so far. The good ones are what is left of all requests: a good answer costs no count of its own.</summary>
    public OutcomeCounts Counts => new(Math.Max(0, Sent - UnderWay - Bad - Neither), Bad);

    /// <summary>The outcomes of the requests that were sent after an earlier moment.</summary>
    /// <remarks>
    /// A request that was under way at that moment may have met another world: it counts when it fails, not when it succeeds. Requests are
    /// taken to end in the order in which they were sent. Where they do not, a few good outcomes too few are counted.
    /// </remarks>
    public OutcomeCounts SentSince(RequestTally start)
    {
        long bad = Bad - start.Bad;
        long ended = Sent - UnderWay - start.Sent;
        return new OutcomeCounts(Math.Max(0, ended - bad - (Neither - start.Neither)), bad);
    }
}

/// <summary>Counts the requests of one endpoint.</summary>
internal interface IRequestCounts
{
    /// <summary>Requests sent.</summary>
    long TotalRequests { get; }

    /// <summary>Requests without an outcome yet. A request counts until its outcome was noted.</summary>
    long ActiveRequests { get; }
}
