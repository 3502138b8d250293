using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>
/// Picks the endpoint that takes the next request. Immutable but for its own counters; replaced as a whole when the endpoints change.
/// </summary>
internal interface IEndpointPicker
{
    /// <summary>Whether it stays with its endpoint, also when a connection must be opened and another endpoint has one.</summary>
    bool IsSticky => false;

    /// <summary>An endpoint. The caller may find that it began to drain this instant; then a new picker has been published.</summary>
    EndpointPool Pick();
}
