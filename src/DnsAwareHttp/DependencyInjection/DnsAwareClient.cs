namespace DnsAwareHttp.DependencyInjection;

/// <summary>Says of a named client that it follows DNS.</summary>
/// <param name="Name">The client's name; null for all clients.</param>
internal sealed record DnsAwareClient(string? Name);
