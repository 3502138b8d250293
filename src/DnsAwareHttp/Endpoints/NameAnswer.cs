using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The answer about the name that an origin is found by.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsService">Whether it is the name of a service (SRV).</param>
/// <param name="Answer">The answer.</param>
internal readonly record struct NameAnswer(string Name, bool IsService, CachedAnswer Answer);
