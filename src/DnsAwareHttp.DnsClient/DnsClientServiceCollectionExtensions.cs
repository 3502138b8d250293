using DnsAwareHttp;
using DnsAwareHttp.DnsClient;
using DnsClient;
using Microsoft.Extensions.DependencyInjection.Extensions;

// The namespace of the container's own extension methods: no using directive is needed.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets the clients of a container resolve names with the DnsClient package.</summary>
public static class DnsClientServiceCollectionExtensions
{
    /// <summary>Adds the <see cref="DnsCache"/> that all clients of the container share, over the DnsClient package.</summary>
    /// <remarks>
    /// <c>AddDnsCache(options => …)</c> may be called besides, to set TTLs and bounds. Options about hosts file, name servers and
    /// <c>resolv.conf</c> have no effect then. Of several calls the last counts, also beside another <see cref="INameResolver"/>.
    /// </remarks>
    /// <param name="services">The container.</param>
    /// <param name="options">As in <see cref="DnsClientResolver(LookupClientOptions, string)"/>.</param>
    public static IServiceCollection AddDnsCache(this IServiceCollection services, LookupClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.Replace(ServiceDescriptor.Singleton<INameResolver>(new DnsClientResolver(options)));
        return services.AddDnsCache();
    }
}
