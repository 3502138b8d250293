using DnsAwareHttp;
using DnsAwareHttp.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds handlers that were made by hand to the status page and the health check.</summary>
public static class DnsAwareStatusServiceCollectionExtensions
{
    /// <summary>Shows a handler that no client of the container has.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the handler on the page.</param>
    /// <param name="handler">The handler. The container does not dispose it.</param>
    public static IServiceCollection AddDnsAwareStatus(this IServiceCollection services, string name, DnsAwareHandler handler)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(handler);
        return services.AddSingleton(new NamedStatus(name, handler));
    }
}
