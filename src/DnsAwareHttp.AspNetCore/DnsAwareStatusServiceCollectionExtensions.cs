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

    /// <summary>Shows a handler that the container makes, such as the one of a typed client or of a service of yours.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the handler on the page.</param>
    /// <param name="handler">
    /// Returns the handler. Called once, when the page or the health check first looks. It may return a service of the container, which
    /// then disposes it; the container disposes no other handler. If it throws or returns null, the page and the health check fail, and
    /// it is called again with the next look.
    /// </param>
    public static IServiceCollection AddDnsAwareStatus(
        this IServiceCollection services, string name, Func<IServiceProvider, DnsAwareHandler> handler)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(handler);
        return services.AddSingleton(provider => new NamedStatus(
            name,
            handler(provider) ?? throw new InvalidOperationException(
                $"The function that AddDnsAwareStatus was given for '{name}' returned no handler.")));
    }
}
