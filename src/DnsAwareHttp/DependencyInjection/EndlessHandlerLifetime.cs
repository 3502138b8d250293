using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Switches handler rotation off for clients that follow DNS and have nothing to rotate.</summary>
/// <remarks>
/// Their pools do not need it. A client whose handlers the application configures keeps its rotation: a new primary handler may have a new
/// certificate. A lifetime that the application sets is kept, too.
/// </remarks>
/// <param name="clients">Knows which clients follow DNS.</param>
internal sealed class EndlessHandlerLifetime(DnsAwareClients clients) : IPostConfigureOptions<HttpClientFactoryOptions>
{
    private static readonly TimeSpan Default = new HttpClientFactoryOptions().HandlerLifetime;

    public void PostConfigure(string? name, HttpClientFactoryOptions options)
    {
        if (clients.FollowsDns(name ?? Options.DefaultName) && options.HandlerLifetime == Default
            && options.HttpMessageHandlerBuilderActions.Count == 0)
        {
            options.HandlerLifetime = Timeout.InfiniteTimeSpan;
        }
    }
}
