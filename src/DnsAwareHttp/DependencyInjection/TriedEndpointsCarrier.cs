using Microsoft.Extensions.Http;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>
/// Lets each request carry the addresses that it has tried, before a resilience handler copies it. So the copies that are sent at a time
/// know of one another.
/// </summary>
internal sealed class TriedEndpointsCarrier : DelegatingHandler
{
    private const string Resilience = "Microsoft.Extensions.Http.Resilience";

    /// <summary>Puts one before all handlers of a client, if one of them may send copies. Other clients need none.</summary>
    public static void PlaceOutermost(HttpMessageHandlerBuilder builder)
    {
        if (builder.AdditionalHandlers.Any(static handler => handler.GetType().Assembly.GetName().Name == Resilience))
        {
            builder.AdditionalHandlers.Insert(0, new TriedEndpointsCarrier());
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        TriedEndpoints.GiveTo(request);
        return base.SendAsync(request, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        TriedEndpoints.GiveTo(request);
        return base.Send(request, cancellationToken);
    }
}
