using DnsClient;

namespace DnsAwareHttp.DnsClient;

/// <summary>What one name server said.</summary>
/// <param name="Answer">The outcome. While an alias is to be followed: found, without addresses, with the TTL of the aliases.</param>
/// <param name="Alias">The target of an alias that the server did not follow; null where the answer is the end.</param>
/// <param name="Links">The aliases that the reply followed.</param>
internal sealed record Reply(Answer Answer, DnsString? Alias = null, int Links = 0);
