using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Puts the handler of a client that follows DNS in the place of its primary handler, after all else was configured: the order of calls does not matter.</summary>
internal sealed class PrimaryHandlerFilter(NamedHandlers handlers, IOptionsMonitor<HttpClientFactoryOptions> factory) : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        string name = builder.Name ?? "";
        if (!handlers.Has(name))
        {
            next(builder);
            return;
        }

        ForgetFactorysLifetime(builder.PrimaryHandler, name);
        next(builder);
        builder.PrimaryHandler = new SharedHandler(handlers.Get(name, builder.PrimaryHandler));
    };

    // The factory gives the handler that it makes the lifetime of a rotation, to notice some day that DNS has changed. Whoever configures the client has not been asked yet: what they set stays.
    private void ForgetFactorysLifetime(HttpMessageHandler? made, string name)
    {
        if (made is SocketsHttpHandler handler && handler.PooledConnectionLifetime == factory.Get(name).HandlerLifetime)
        {
            handler.PooledConnectionLifetime = Timeout.InfiniteTimeSpan;
        }
    }
}
