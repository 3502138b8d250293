using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Switches handler rotation off for clients that follow DNS: their pools do not need it.</summary>
/// <param name="clientName">The client that is meant; null for all.</param>
/// <param name="clients">Which clients follow DNS in the end.</param>
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
