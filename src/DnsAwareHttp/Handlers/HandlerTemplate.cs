using System.Diagnostics;
using System.Net;

namespace DnsAwareHttp.Handlers;

/// <summary>The settings of the wrapped handler as they were at the first request. Each endpoint's handler is made from them.</summary>
/// <remarks>
/// The copy calls no code of the application. Proxy credentials and trace header names are read once, when they are first needed.
/// </remarks>
internal sealed class HandlerTemplate
{
    private const double LifetimeSpread = 0.1;

    // Some servers punish frequent pings. They allow one in five minutes without data (gRPC proposal A8).
    private static readonly TimeSpan DefaultPingDelay = TimeSpan.FromMinutes(5);

    // No request is sent through this handler. The runtime's own type is the best record of its settings.
    private readonly SocketsHttpHandler _settings;
    private readonly Random _random;

    // Both are read once, as in the runtime. A later default proxy, or later credentials, have no effect.
    private readonly IWebProxy? _proxy;
    private readonly Lazy<ICredentials?> _proxyCredentials;

    private HandlerTemplate(SocketsHttpHandler settings, Random random)
    {
        _settings = settings;
        _random = random;
        _proxy = settings.UseProxy ? settings.Proxy ?? HttpClient.DefaultProxy : null;
        _proxyCredentials = new Lazy<ICredentials?>(CredentialsOfProxy, LazyThreadSafetyMode.PublicationOnly);
        if (settings is { AllowAutoRedirect: true, ActivityHeadersPropagator: DistributedContextPropagator propagator })
        {
            settings.ActivityHeadersPropagator = new RenewingPropagator(propagator);
        }
    }

    public bool AllowAutoRedirect => _settings.AllowAutoRedirect;

    public int MaxAutomaticRedirections => _settings.MaxAutomaticRedirections;

    /// <summary>The cookies that the endpoints share; null for no cookies.</summary>
    public CookieContainer? Cookies => _settings.UseCookies ? _settings.CookieContainer : null;

    public int MaxConnectionsPerServer => _settings.MaxConnectionsPerServer;

    public bool EnableMultipleHttp2Connections => _settings.EnableMultipleHttp2Connections;

    public TimeSpan ConnectTimeout => _settings.ConnectTimeout;

    public TimeSpan PooledConnectionIdleTimeout => _settings.PooledConnectionIdleTimeout;

    /// <summary>
    /// Whether the credentials hold for any URI: then they are withheld after a redirect. A <see cref="CredentialCache"/> binds them to a
    /// URI.
    /// </summary>
    public bool HasUnboundCredentials => _settings.Credentials is not null and not CredentialCache;

    /// <summary>
    /// The proxy's own credentials; without them the runtime takes <see cref="SocketsHttpHandler.DefaultProxyCredentials"/>.
    /// </summary>
    public ICredentials? ProxyCredentials => _proxyCredentials.Value;

    /// <summary>
    /// Copies the settings of a handler. Later changes to it, or to its <see cref="SocketsHttpHandler.SslOptions"/>, have no effect.
    /// </summary>
    public static HandlerTemplate ReadFrom(SocketsHttpHandler handler, Random? random = null) =>
        new(SettingsCopy.Of(handler), random ?? Random.Shared);

    /// <summary>Makes an endpoint's handler. Calls no code of the application.</summary>
    /// <param name="connect">Dials the endpoint.</param>
    /// <param name="proxy">The only proxy that it uses; null for no proxy.</param>
    /// <param name="authenticate">Whether it has the credentials.</param>
    /// <param name="ping">Whether quiet HTTP/2 connections with open streams are pinged, if the settings do not set pings.</param>
    /// <param name="watchHttp2">Follows the frames of an HTTP/2 connection; null: they are not followed.</param>
    /// <param name="secured">Called after the TLS handshake of a connection, with the request that it is opened for.</param>
    public SocketsHttpHandler Make(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect, IWebProxy? proxy, bool authenticate,
        bool ping = false, Func<Stream, Stream>? watchHttp2 = null, Action<HttpRequestMessage>? secured = null)
    {
        SocketsHttpHandler handler = SettingsCopy.Of(_settings);
        handler.ConnectCallback = connect;
        handler.Proxy = proxy;
        handler.UseProxy = proxy is not null;
        handler.AllowAutoRedirect = false;
        handler.Credentials = authenticate ? handler.Credentials : null;
        handler.PooledConnectionLifetime = Spread(handler.PooledConnectionLifetime);
        if (watchHttp2 is not null)
        {
            handler.PlaintextStreamFilter = Around(handler.PlaintextStreamFilter, watchHttp2, secured);
        }

        if (ping && handler.KeepAlivePingDelay == Timeout.InfiniteTimeSpan)
        {
            handler.KeepAlivePingDelay = DefaultPingDelay;
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        }

        return handler;
    }

    /// <summary>Makes a handler with the settings of the wrapped handler, for requests that pass through.</summary>
    /// <param name="connect">Connects in place of the runtime; null: the runtime connects.</param>
    public SocketsHttpHandler MakePassThrough(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        SocketsHttpHandler handler = SettingsCopy.Of(_settings);
        handler.ConnectCallback = connect;
        handler.Proxy = _proxy is null ? null : new DecidedProxy(_proxy);
        handler.UseProxy = _proxy is not null;
        return handler;
    }

    /// <summary>
    /// The proxy for a request, asked once for each hop; null for a direct connection. If the proxy throws, the connection is direct, as in
    /// the runtime.
    /// </summary>
    public Uri? ProxyFor(Uri request)
    {
        try
        {
            return _proxy is not null && !_proxy.IsBypassed(request) ? _proxy.GetProxy(request) : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    // Above the filter of the application: there the runtime reads and writes HTTP/2. HTTP/1.1 connections stay as they are.
    private static Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>> Around(
        Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>>? filter, Func<Stream, Stream> watchHttp2,
        Action<HttpRequestMessage>? secured) =>
        async (context, cancellationToken) =>
        {
            secured?.Invoke(context.InitialRequestMessage);
            Stream? stream = filter is null ? context.PlaintextStream : await filter(context, cancellationToken).ConfigureAwait(false);

            // The runtime refuses null, with its own message.
            return stream is not null && context.NegotiatedHttpVersion.Major == 2 ? watchHttp2(stream) : stream!;
        };

    private ICredentials? CredentialsOfProxy()
    {
        try
        {
            return _proxy?.Credentials;
        }
        catch (Exception)
        {
            // The proxy is code of the application. Without its credentials the runtime takes the defaults.
            return null;
        }
    }

    // Pools that were made together would otherwise renew their connections together.
    private TimeSpan Spread(TimeSpan lifetime) =>
        lifetime <= TimeSpan.Zero ? lifetime : lifetime * (1 + (LifetimeSpread * ((2 * _random.NextDouble()) - 1)));
}
