using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Probes the endpoints of an origin: each from the moment when it is first offered until it drains.</summary>
/// <param name="scope">The origin.</param>
/// <param name="probe">The probe.</param>
/// <param name="uri">What the probes ask for.</param>
internal sealed class EndpointProber(OriginScope scope, EndpointProbe probe, Uri uri)
{
    private volatile Offer _offer = new(null, 0);

    public OriginScope Scope => scope;

    public EndpointProbe Probe => probe;

    public Uri Uri => uri;

    /// <summary>Requests of the application so far. It grows with each request, and an endpoint that leaves takes nothing away.</summary>
    public long Requests
    {
        get
        {
            Offer offer = _offer;
            return offer.RequestsBefore + RequestsOf(offer.Set);
        }
    }

    /// <summary>Whether a request of the application is under way.</summary>
    public bool HasRequests => _offer.Set is { HasRequests: true };

    /// <summary>The prober of an origin; null: it has no probe, or is a proxy's.</summary>
    public static EndpointProber? Of(OriginScope scope) =>
        scope.Options.Probe is EndpointProbe probe && Uri.TryCreate(scope.Owner.Name + probe.Path, UriKind.Absolute, out Uri? uri)
            ? new EndpointProber(scope, probe, uri)
            : null;

    /// <summary>Begins to probe those of the endpoints that are new. Sends nothing on this thread.</summary>
    public void Follow(EndpointSet? offered)
    {
        Offer before = _offer;
        _offer = new Offer(offered, before.RequestsBefore + RequestsOf(before.Set, except: offered));
        foreach (EndpointPool pool in offered?.All.Where(static pool => pool.Probes.TryBegin()) ?? [])
        {
            // The pool holds it.
            new ProbedEndpoint(this, pool).Begin();
        }
    }

    private static long RequestsOf(EndpointSet? set, EndpointSet? except = null) =>
        set?.All.Except(except?.All ?? []).Sum(static pool => pool.Probes.OtherRequests) ?? 0;

    /// <param name="Set">The endpoints.</param>
    /// <param name="RequestsBefore">The requests of endpoints that were offered before, and are no longer.</param>
    private sealed record Offer(EndpointSet? Set, long RequestsBefore);
}
