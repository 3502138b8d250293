using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Always the same endpoint. Whoever makes the next picker keeps it while it is usable.</summary>
internal sealed class PickFirstPicker(EndpointPool first) : IEndpointPicker
{
    public EndpointPool First => first;

    public EndpointPool Pick() => first;
}
