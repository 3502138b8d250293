using System.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>Has a request that is sent once more carry the trace headers of that sending, not those that were put on it before.</summary>
/// <remarks>
/// The runtime does so only in handlers that follow redirects; an endpoint's handler does not. A caller's own headers stay on the first sending,
/// and go with the next, as there.
/// </remarks>
internal sealed class RenewingPropagator : DistributedContextPropagator
{
    private static readonly HttpRequestOptionsKey<bool> InjectedKey = new("DnsAwareHttp.Injected");

    private readonly DistributedContextPropagator _propagator;
    private readonly string[] _headers;

    public RenewingPropagator(DistributedContextPropagator propagator)
    {
        _propagator = propagator;
        using HttpRequestMessage probe = new();
        _headers = [.. (propagator.Fields ?? []).Where(field => field is not null && probe.Headers.TryAddWithoutValidation(field, ""))];
    }

    public override IReadOnlyCollection<string> Fields => _propagator.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (carrier is HttpRequestMessage request)
        {
            if (request.Options.TryGetValue(InjectedKey, out _))
            {
                foreach (string header in _headers)
                {
                    request.Headers.Remove(header);
                }
            }
            else
            {
                request.Options.Set(InjectedKey, true);
            }
        }

        _propagator.Inject(activity, carrier, setter);
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        _propagator.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => _propagator.ExtractBaggage(carrier, getter);
}
