namespace DnsAwareHttp.Pools;

/// <summary>A pool that leaves, and why.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Reason">The kind of reason, usable as a metric tag.</param>
/// <param name="Detail">The reason in words, for people.</param>
internal readonly record struct Departure(EndpointPool Pool, DepartureReason Reason, string Detail)
{
    /// <summary>When an answer first lacked the address; null: it did not leave for an answer.</summary>
    public DateTimeOffset? AbsentSince { get; init; }
}
