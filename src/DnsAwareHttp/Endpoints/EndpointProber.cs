using System.Collections.Concurrent;
using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Probes the endpoints of an origin: each from the moment when it is first offered until it drains.</summary>
/// <param name="scope">The origin.</param>
/// <param name="probe">The probe.</param>
/// <param name="uri">What the probes ask for.</param>
internal sealed class EndpointProber(OriginScope scope, EndpointProbe probe, Uri uri)
{
    private readonly ConcurrentDictionary<EndpointPool, ProbedEndpoint> _probed = new();

    // Written under the lock of the origin. A probe that reads an older one sees the same pools, or some of them.
    private volatile ImmutableArray<EndpointPlacement>[] _offered = [[]];

    public OriginScope Scope => scope;

    public EndpointProbe Probe => probe;

    public Uri Uri => uri;

    /// <summary>Requests of the application that the offered endpoints took. It changes with each request.</summary>
    public long Requests => _offered[0].Sum(static place => place.Pool.TotalRequests - place.Pool.Probes.Sent);

    /// <summary>Whether a request is under way.</summary>
    public bool HasRequests => _offered[0].Any(static place => place.Pool.ActiveRequests > 0);

    /// <summary>The prober of an origin; null: it has no probe, or is a proxy's.</summary>
    public static EndpointProber? Of(OriginScope scope) =>
        scope.Options.Probe is EndpointProbe probe && Uri.TryCreate(scope.Owner.Name + probe.Path, UriKind.Absolute, out Uri? uri)
            ? new EndpointProber(scope, probe, uri)
            : null;

    /// <summary>Begins to probe those of the endpoints that are new. Sends nothing on this thread.</summary>
    public void Follow(ImmutableArray<EndpointPlacement> offered)
    {
        _offered = [offered];
        foreach (EndpointPlacement place in offered)
        {
            if (place.Pool.Probes.TryBegin())
            {
                ProbedEndpoint probed = new(this, place.Pool);
                _probed[place.Pool] = probed;
                probed.Begin();
            }
        }
    }

    /// <summary>The endpoint drains.</summary>
    public void Forget(EndpointPool pool) => _probed.TryRemove(pool, out _);
}
