using System.Diagnostics;

namespace DnsAwareHttp.Handlers;

/// <summary>
/// Gives a request that is sent once more the trace headers of that sending, instead of the headers of the sending before.
/// </summary>
/// <remarks>
/// The runtime does so only in handlers that follow redirects. Endpoints' handlers do not follow them. Trace headers of the caller stay
/// for the first sending and are removed for the next one, as in the runtime.
/// </remarks>
internal sealed class RenewingPropagator : DistributedContextPropagator
{
    private static readonly HttpRequestOptionsKey<bool> InjectedKey = new("DnsAwareHttp.Injected");

    private readonly DistributedContextPropagator _propagator;
    private readonly Lazy<string[]> _headers;

    public RenewingPropagator(DistributedContextPropagator propagator)
    {
        _propagator = propagator;
        _headers = new Lazy<string[]>(HeadersOfPropagator, LazyThreadSafetyMode.PublicationOnly);
    }

    public override IReadOnlyCollection<string> Fields => _propagator.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (carrier is HttpRequestMessage request)
        {
            PrepareFor(request);
        }

        _propagator.Inject(activity, carrier, setter);
    }

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        _propagator.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
        _propagator.ExtractBaggage(carrier, getter);

    private void PrepareFor(HttpRequestMessage request)
    {
        if (!request.Options.TryGetValue(InjectedKey, out _))
        {
            request.Options.Set(InjectedKey, true);
            return;
        }

        foreach (string header in _headers.Value)
        {
            request.Headers.Remove(header);
        }
    }

    private string[] HeadersOfPropagator()
    {
        using HttpRequestMessage probe = new();
        return [.. (_propagator.Fields ?? []).Where(field => field is not null && probe.Headers.TryAddWithoutValidation(field, ""))];
    }
}
