using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace Convergence.Contenders;

/// <summary>Endpoints of Microsoft.Extensions.ServiceDiscovery from DNS: asked again when the TTL ends, as its own package for DNS does.</summary>
internal sealed class DnsEndpointProvider(Service service) : IServiceEndpointProvider, IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = this;
        return true;
    }

    public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        foreach (IPAddress address in await Dns.GetHostAddressesAsync(Service.Host, cancellationToken))
        {
            endpoints.Endpoints.Add(ServiceEndpoint.Create(new IPEndPoint(address, service.Port)));
        }

        endpoints.AddChangeToken(new CancellationChangeToken(new CancellationTokenSource(service.Pace.Ttl).Token));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
