using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>
/// Puts the handler of a client that follows DNS in the place of its primary handler, after all other configuration. So the order of calls
/// does not matter.
/// </summary>
/// <param name="clients">Knows which clients follow DNS.</param>
/// <param name="services">Has the <see cref="NamedHandlers"/>, asked for late: the factory needs this filter, and setups of options
/// may need the factory.</param>
/// <param name="factory">The factory's own options.</param>
internal sealed class PrimaryHandlerFilter(
    DnsAwareClients clients, IServiceProvider services, IOptionsMonitor<HttpClientFactoryOptions> factory)
    : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        string name = builder.Name ?? "";
        if (!clients.FollowsDns(name))
        {
            next(builder);
            return;
        }

        ForgetFactorysLifetime(builder.PrimaryHandler, name);
        next(builder);
        PrimaryHandlers.ThrowIfAdditional(builder);
        if (services.GetRequiredService<NamedHandlers>().Get(name, builder.PrimaryHandler) is DnsAwareHandler shared)
        {
            builder.PrimaryHandler = new SharedHandler(shared);
            TriedEndpointsCarrier.PlaceOutermost(builder);
        }
    };

    // The factory gives the handler that it makes the lifetime of a rotation, so that a change of DNS is noticed some day. The
    // application's own settings are applied afterwards and stay.
    private void ForgetFactorysLifetime(HttpMessageHandler? made, string name)
    {
        if (made is SocketsHttpHandler handler && handler.PooledConnectionLifetime == factory.Get(name).HandlerLifetime)
        {
            handler.PooledConnectionLifetime = Timeout.InfiniteTimeSpan;
        }
    }
}
