using DnsAwareHttp;
using DnsAwareHttp.DependencyInjection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes the clients of <see cref="IHttpClientFactory"/> follow DNS.</summary>
public static class DnsAwareHttpClientBuilderExtensions
{
    /// <summary>Puts a <see cref="DnsAwareHandler"/> around the client's primary handler.</summary>
    /// <remarks>
    /// <para>The client's pools belong to the container: they outlive handler rotation, which is switched off besides (<see cref="HttpClientFactoryOptions.HandlerLifetime"/>
    /// becomes infinite, unless it is set after this call), and end with the container. The handler is made when the client is first used.</para>
    /// <para>The primary handler must be a <see cref="SocketsHttpHandler"/>, as it is by default; it may be configured before or after this call. The
    /// <see cref="SocketsHttpHandler.PooledConnectionLifetime"/> that the factory gives the handler that it makes is taken back; one that you set is kept.</para>
    /// <para>For all clients: <c>services.ConfigureHttpClientDefaults(client => client.AddDnsAwareHandler())</c>. What is configured there comes before what a client says for itself.</para>
    /// </remarks>
    /// <param name="builder">The client.</param>
    public static IHttpClientBuilder AddDnsAwareHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddHandler(builder);
        return builder;
    }

    /// <summary>Puts a <see cref="DnsAwareHandler"/> around the client's primary handler and sets its options.</summary>
    /// <remarks>As <see cref="AddDnsAwareHandler(IHttpClientBuilder)"/>. Calls add up: a later one sees what the earlier ones set.</remarks>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets options. They are checked when the host starts, or when the client is first used.</param>
    public static IHttpClientBuilder AddDnsAwareHandler(this IHttpClientBuilder builder, Action<DnsAwareOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        AddHandler(builder);
        Configure(builder, configure);
        return builder;
    }

    /// <summary>Puts a <see cref="DnsAwareHandler"/> around the client's primary handler, with options from configuration.</summary>
    /// <remarks>
    /// When the configuration changes, the running client takes the new options without failing a request: see <see cref="DnsAwareOptions"/>. Options with mistakes are not used then: an
    /// error is logged that names them and the client. <see cref="DnsCacheOptions"/> are read once.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="section">A section whose keys are names of <see cref="DnsAwareOptions"/>. An unknown key or a wrong value is an error that names it.</param>
    public static IHttpClientBuilder AddDnsAwareHandler(this IHttpClientBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        AddHandler(builder);
        Configure(builder, options => section.Bind(options, static binder => binder.ErrorOnUnknownConfiguration = true));
        builder.Services.AddSingleton<IOptionsChangeTokenSource<DnsAwareOptions>>(new ConfigurationChangeTokenSource<DnsAwareOptions>(builder.Name, section));
        return builder;
    }

    /// <summary>Adds the <see cref="DnsCache"/> that all clients of the container share. Optional: without it defaults apply.</summary>
    /// <remarks>The options are read once, when a client is first used. An <see cref="INameResolver"/> and a <see cref="TimeProvider"/> of the container's are used if there are any. The container disposes the cache.</remarks>
    /// <param name="services">The container.</param>
    public static IServiceCollection AddDnsCache(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DnsCacheOptions>, DnsCacheOptionsValidator>());
        services.AddOptions<DnsCacheOptions>().ValidateOnStart();
        services.TryAddSingleton(static provider => new DnsCache(
            provider.GetRequiredService<IOptions<DnsCacheOptions>>().Value,
            provider.GetService<INameResolver>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILoggerFactory>()));
        return services;
    }

    /// <summary>Adds the <see cref="DnsCache"/> that all clients of the container share, and sets its options.</summary>
    /// <remarks>As <see cref="AddDnsCache(IServiceCollection)"/>. Calls add up: a later one sees what the earlier ones set.</remarks>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options. They are checked when the host starts, or when a client is first used.</param>
    public static IServiceCollection AddDnsCache(this IServiceCollection services, Action<DnsCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddDnsCache().Configure(configure);
    }

    private static void AddHandler(IHttpClientBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddDnsCache();
        services.TryAddSingleton<NamedHandlers>();
        AddOutermostFilter(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DnsAwareOptions>, DnsAwareOptionsValidator>());

        // A null name stands for all clients (ConfigureHttpClientDefaults).
        services.AddSingleton(new DnsAwareClient(builder.Name));
        services.Configure<HttpClientFactoryOptions>(builder.Name, static options => options.HandlerLifetime = Timeout.InfiniteTimeSpan);
        new OptionsBuilder<DnsAwareOptions>(services, builder.Name).ValidateOnStart();
    }

    // What holds for all clients goes before what one client says, whichever was called first, as in the factory's own options.
    private static void Configure(IHttpClientBuilder builder, Action<DnsAwareOptions> configure)
    {
        ServiceDescriptor setting = ServiceDescriptor.Singleton<IConfigureOptions<DnsAwareOptions>>(new ConfigureNamedOptions<DnsAwareOptions>(builder.Name, configure));
        builder.Services.Insert(builder.Name is null ? CountBeforeFirstNamed(builder.Services) : builder.Services.Count, setting);
    }

    private static int CountBeforeFirstNamed(IServiceCollection services) =>
        services.TakeWhile(service => service.IsKeyedService || service.ImplementationInstance is not ConfigureNamedOptions<DnsAwareOptions> { Name: not null }).Count();

    // The first filter of the container is the outermost: it acts last. The factory's own filter must still find a SocketsHttpHandler, to give it the container's IMeterFactory.
    private static void AddOutermostFilter(IServiceCollection services)
    {
        if (!services.Any(service => service.ImplementationType == typeof(PrimaryHandlerFilter)))
        {
            services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, PrimaryHandlerFilter>());
        }
    }
}
