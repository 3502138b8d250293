namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The lookup of the first name of a search list, which was begun before the others were thought of.</summary>
/// <param name="Current">How it asks.</param>
/// <param name="SentAt">When its first question was sent.</param>
/// <param name="FinishAsync">Gives its outcome, once.</param>
internal sealed record BegunLookup(DnsSettings Current, long SentAt, Func<CancellationToken, Task<DnsOutcome>> FinishAsync);
