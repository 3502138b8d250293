namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Where a chain of aliases leads.</summary>
/// <param name="Name">The position of the last name.</param>
/// <param name="Ttl">The smallest TTL of the aliases; the largest value without any alias.</param>
/// <param name="Links">The number of aliases.</param>
/// <param name="Problem">Why the chain has no end; null if it has one.</param>
internal readonly record struct ChainEnd(int Name, TimeSpan Ttl, int Links, string? Problem);
