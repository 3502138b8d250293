using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Probes the endpoints of an origin: each from the moment when it is first offered until it drains.</summary>
/// <param name="scope">The origin.</param>
/// <param name="probe">The probe.</param>
/// <param name="uri">What the probes ask for.</param>
internal sealed class EndpointProber(OriginScope scope, EndpointProbe probe, Uri uri)
{
    private volatile EndpointSet? _offered;

    public OriginScope Scope => scope;

    public EndpointProbe Probe => probe;

    public Uri Uri => uri;

    /// <summary>Requests of the application that the offered endpoints took. It changes with each request.</summary>
    public long Requests => _offered?.All.Sum(static pool => pool.TotalRequests - pool.Probes.Sent) ?? 0;

    /// <summary>Whether a request is under way.</summary>
    public bool HasRequests => _offered is { HasRequests: true };

    /// <summary>The prober of an origin; null: it has no probe, or is a proxy's.</summary>
    public static EndpointProber? Of(OriginScope scope) =>
        scope.Options.Probe is EndpointProbe probe && Uri.TryCreate(scope.Owner.Name + probe.Path, UriKind.Absolute, out Uri? uri)
            ? new EndpointProber(scope, probe, uri)
            : null;

    /// <summary>Begins to probe those of the endpoints that are new. Sends nothing on this thread.</summary>
    public void Follow(EndpointSet? offered)
    {
        _offered = offered;
        foreach (EndpointPool pool in offered?.All.Where(static pool => pool.Probes.TryBegin()) ?? [])
        {
            // The pool holds it.
            new ProbedEndpoint(this, pool).Begin();
        }
    }
}
