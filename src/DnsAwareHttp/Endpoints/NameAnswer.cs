using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>What is known of a name that an origin is found by.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsService">Whether it is that of a service (SRV).</param>
/// <param name="Answer">What is known of it.</param>
internal readonly record struct NameAnswer(string Name, bool IsService, CachedAnswer Answer);
