using Microsoft.Extensions.Http;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Puts the handler of a client that follows DNS in the place of its primary handler, after all else was configured: the order of calls does not matter.</summary>
internal sealed class PrimaryHandlerFilter(NamedHandlers handlers) : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        next(builder);
        string name = builder.Name ?? "";
        if (handlers.Has(name))
        {
            builder.PrimaryHandler = new SharedHandler(handlers.Get(name, builder.PrimaryHandler));
        }
    };
}
