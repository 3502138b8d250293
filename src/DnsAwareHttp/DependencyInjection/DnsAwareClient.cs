namespace DnsAwareHttp.DependencyInjection;

/// <summary>One call about a client of the factory: whether it follows DNS.</summary>
/// <param name="Name">The client's name; null for all clients (<c>ConfigureHttpClientDefaults</c>).</param>
/// <param name="FollowsDns">True from <c>AddDnsAwareHandler</c>, false from <c>RemoveDnsAwareHandler</c>.</param>
internal sealed record DnsAwareClient(string? Name, bool FollowsDns);
