using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The part of a service that the endpoints of one target are.</summary>
/// <param name="Group">The service.</param>
/// <param name="Target">The target.</param>
/// <param name="Weight">The weight of the target within its priority, for all its endpoints together.</param>
internal sealed record TargetPart(IEndpointGroup Group, ServiceTarget Target, float Weight)
{
    /// <summary>Slows down the questions about the targets of a service that has many; null: their TTLs alone count.</summary>
    public RefreshPace? Pace { get; init; }

    /// <summary>Gives endpoints the priority of the target, and shares its weight among the usable ones.</summary>
    public ImmutableArray<EndpointPlacement> Place(ImmutableArray<EndpointPlacement> endpoints)
    {
        int usable = endpoints.Count(endpoint => !endpoint.IsAvoided);
        float weight = Weight / (usable > 0 ? usable : Math.Max(1, endpoints.Length));
        return [.. endpoints.Select(endpoint => endpoint with { Priority = Target.Priority, Weight = weight })];
    }
}
