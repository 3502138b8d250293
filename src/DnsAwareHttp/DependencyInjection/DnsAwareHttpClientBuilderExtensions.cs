using System.Diagnostics.Metrics;
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
    /// <para>The client's pools belong to the container. They outlive handler rotation and end with the container. The handler is made when
    /// the client is first used; <see cref="IDnsAwareHandlers"/> gives access to it.</para>
    /// <para>A rotated primary handler with other settings (certificates, credentials, proxy) takes effect as changed options do. One with
    /// the same settings changes nothing. Values are compared by value, lambdas by the values that they captured, and other objects by
    /// <see cref="object.Equals(object)"/>. A <see cref="System.Net.CredentialCache"/> does not show its values: keep one for all
    /// rotations. A client whose handlers you do not configure has nothing to rotate: its
    /// <see cref="HttpClientFactoryOptions.HandlerLifetime"/> is infinite, unless you set it.</para>
    /// <para>The primary handler must be a <see cref="SocketsHttpHandler"/>, as it is by default, or an <see cref="HttpClientHandler"/>,
    /// whose settings are copied when the client is first used. Any other is an error; a client that follows DNS only because all do keeps
    /// such a handler (test hosts, stubs), and a warning is logged once. The primary handler may be configured before or after this call.
    /// The factory sets <see cref="SocketsHttpHandler.PooledConnectionLifetime"/> on the handler that it makes; that lifetime is removed. A
    /// lifetime that you set is kept.</para>
    /// <para>For all clients: <c>services.ConfigureHttpClientDefaults(client => client.AddDnsAwareHandler())</c>. Options for all clients
    /// are applied before options for one client. <see cref="RemoveDnsAwareHandler"/> excludes a client.</para>
    /// <para>Options may also come from the options pattern: <c>services.Configure&lt;DnsAwareOptions&gt;("orders", …)</c>. Options for a
    /// name that no client has are an error.</para>
    /// </remarks>
    /// <param name="builder">The client.</param>
    public static IHttpClientBuilder AddDnsAwareHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddHandler(builder);
        return builder;
    }

    /// <summary>Puts a <see cref="DnsAwareHandler"/> around the client's primary handler and sets its options.</summary>
    /// <remarks>
    /// As <see cref="AddDnsAwareHandler(IHttpClientBuilder)"/>. Calls add up: a later one sees what the earlier ones set.
    /// </remarks>
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
    /// When the configuration changes, the running client takes the new options without failing a request: see
    /// <see cref="DnsAwareOptions"/>. Options with mistakes are not used then: an error is logged that names them and the client.
    /// <see cref="DnsCacheOptions"/> are read once.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="section">
    /// A section whose keys are names of <see cref="DnsAwareOptions"/>. An unknown key or a wrong value is an error that names the client,
    /// the path, the value and the remedy.
    /// </param>
    public static IHttpClientBuilder AddDnsAwareHandler(this IHttpClientBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        AddHandler(builder);
        string owner = builder.Name is null ? "All HTTP clients" : $"HTTP client \"{builder.Name}\"";
        OptionsSection<DnsAwareOptions> source = new(builder.Name, owner, section);
        builder.Services.AddSingleton(source);
        Configure(builder, options => source.Bind(options, static (from, to) => from.Bind(to)));
        builder.Services.AddSingleton<IOptionsChangeTokenSource<DnsAwareOptions>>(
            new ConfigurationChangeTokenSource<DnsAwareOptions>(builder.Name, section));
        return builder;
    }

    /// <summary>Excludes a client that would follow DNS because all clients do, or because it was told so before.</summary>
    /// <remarks>
    /// The last call for a client counts: <c>AddDnsAwareHandler</c> after this one adds the handler again. A call for one client goes
    /// before the calls for all clients (<c>ConfigureHttpClientDefaults</c>), in whichever order they come.
    /// </remarks>
    /// <param name="builder">The client.</param>
    public static IHttpClientBuilder RemoveDnsAwareHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(new DnsAwareClient(builder.Name, FollowsDns: false));
        return builder;
    }

    /// <summary>Adds the <see cref="DnsCache"/> that all clients of the container share. Optional: without it defaults apply.</summary>
    /// <remarks>
    /// The options are read once, when a client is first used. If the container has an <see cref="INameResolver"/>, a
    /// <see cref="TimeProvider"/> or an <see cref="IMeterFactory"/>, the cache uses it. The container disposes the cache.
    /// </remarks>
    /// <param name="services">The container.</param>
    public static IServiceCollection AddDnsCache(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DnsCacheOptions>, CacheOptionsValidator>());
        services.AddOptions<DnsCacheOptions>().ValidateOnStart();
        services.TryAddSingleton(static provider => new DnsCache(
            provider.GetRequiredService<IOptions<DnsCacheOptions>>().Value,
            provider.GetService<INameResolver>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<IMeterFactory>()));
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

    /// <summary>Adds the <see cref="DnsCache"/> that all clients of the container share, with options from configuration.</summary>
    /// <remarks>As <see cref="AddDnsCache(IServiceCollection)"/>. Later changes of the configuration have no effect.</remarks>
    /// <param name="services">The container.</param>
    /// <param name="section">
    /// A section whose keys are names of <see cref="DnsCacheOptions"/>. An unknown key or a wrong value is an error that names the path,
    /// the value and the remedy.
    /// </param>
    public static IServiceCollection AddDnsCache(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        OptionsSection<DnsCacheOptions> source = new(Options.Options.DefaultName, nameof(DnsCacheOptions), section);
        return services.AddDnsCache().AddSingleton(source)
            .Configure<DnsCacheOptions>(options => source.Bind(options, static (from, to) => from.Bind(to)));
    }

    private static void AddHandler(IHttpClientBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddDnsCache();
        services.TryAddSingleton<DnsAwareClients>();
        services.TryAddSingleton<UnnamedSetups>();
        services.TryAddSingleton<NamedHandlers>();
        services.TryAddSingleton<IDnsAwareHandlers>(static provider => provider.GetRequiredService<NamedHandlers>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<HttpClientFactoryOptions>, EndlessHandlerLifetime>());
        AddOutermostFilter(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DnsAwareOptions>, ClientOptionsValidator>());

        // A null name stands for all clients (ConfigureHttpClientDefaults).
        string? name = builder.Name;
        services.AddSingleton(new DnsAwareClient(name, FollowsDns: true));
        new OptionsBuilder<DnsAwareOptions>(services, name).ValidateOnStart();
    }

    // Options for all clients go before options for one client, in any order of calls, as in the factory's own options.
    private static void Configure(IHttpClientBuilder builder, Action<DnsAwareOptions> configure)
    {
        ServiceDescriptor setting = ServiceDescriptor.Singleton<IConfigureOptions<DnsAwareOptions>>(
            new ConfigureNamedOptions<DnsAwareOptions>(builder.Name, configure));
        builder.Services.Insert(builder.Name is null ? CountBeforeFirstNamed(builder.Services) : builder.Services.Count, setting);
    }

    private static int CountBeforeFirstNamed(IServiceCollection services) =>
        services.TakeWhile(service => service.IsKeyedService
            || service.ImplementationInstance is not ConfigureNamedOptions<DnsAwareOptions> { Name: not null }).Count();

    // The first filter of the container is the outermost: it acts last. The factory's own filter must still find a SocketsHttpHandler, to
    // give it the container's IMeterFactory.
    private static void AddOutermostFilter(IServiceCollection services)
    {
        if (!services.Any(service => service.ImplementationType == typeof(PrimaryHandlerFilter)))
        {
            services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, PrimaryHandlerFilter>());
        }
    }
}
