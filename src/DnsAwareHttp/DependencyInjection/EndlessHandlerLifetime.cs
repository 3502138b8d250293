using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Switches handler rotation off for clients that follow DNS: their pools do not need it.</summary>
/// <param name="clientName">The client; null for all clients.</param>
/// <param name="clients">Knows which clients follow DNS.</param>
internal sealed class EndlessHandlerLifetime(string? clientName, DnsAwareClients clients) : IConfigureNamedOptions<HttpClientFactoryOptions>
{
    public void Configure(HttpClientFactoryOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, HttpClientFactoryOptions options)
    {
        if ((clientName is null || clientName == name) && clients.FollowsDns(name ?? Options.DefaultName))
        {
            options.HandlerLifetime = Timeout.InfiniteTimeSpan;
        }
    }
}
