using System.Collections.Immutable;

namespace DnsAwareHttp.Balancing;

/// <summary>Spreads requests over several priorities while too few endpoints of the first one are usable. Pure.</summary>
/// <remarks>
/// Each priority carries 1.4 times its usual load at most, as in Envoy. So the first one has all requests while 5 of 7 of its endpoints are
/// usable. As it comes back, endpoint by endpoint, it takes its share in the same steps.
/// </remarks>
internal static class SpillOver
{
    private const double Headroom = 1.4;

    /// <summary>A smaller rest of the requests is left to the priorities before it.</summary>
    private const double MinRest = 0.001;

    /// <summary>The endpoints that take requests, with weights that give each priority its part.</summary>
    /// <param name="usable">The usable endpoints by priority, the first one first; not empty.</param>
    /// <param name="all">All endpoints.</param>
    public static ImmutableArray<EndpointPlacement> Of(
        IReadOnlyList<IGrouping<int, EndpointPlacement>> usable, ImmutableArray<EndpointPlacement> all)
    {
        double rest = 1;
        List<(EndpointPlacement[] Endpoints, double Part)> parts = [];
        foreach (IGrouping<int, EndpointPlacement> priority in usable)
        {
            EndpointPlacement[] endpoints = [.. priority];
            int size = Math.Max(endpoints.Length, all.Count(place => place.Priority == priority.Key && Counts(place)));
            double part = Math.Min(rest, Headroom * endpoints.Length / size);
            parts.Add((endpoints, part));
            rest -= part;
            if (rest < MinRest)
            {
                break;
            }
        }

        return parts.Count == 1 ? [.. parts[0].Endpoints] : [.. parts.SelectMany(static part => Weighted(part.Endpoints, part.Part))];
    }

    // A new endpoint that awaits its probe takes no requests yet, and none are missing for it.
    private static bool Counts(EndpointPlacement place) => place.HasRoute && place.Pool.Health.Probe is not ProbeState.Awaited;

    private static IEnumerable<EndpointPlacement> Weighted(EndpointPlacement[] endpoints, double part)
    {
        float sum = endpoints.Sum(static place => place.Weight);
        return endpoints.Select(place => place with { Weight = (float)(part * (sum > 0 ? place.Weight / sum : 1.0 / endpoints.Length)) });
    }
}
