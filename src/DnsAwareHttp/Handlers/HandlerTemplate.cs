using System.Diagnostics;
using System.Net;

namespace DnsAwareHttp.Pools;

/// <summary>The settings of the wrapped handler as they were at the first request: each endpoint's handler is made from them.</summary>
internal sealed class HandlerTemplate
{
    private const double LifetimeSpread = 0.1;

    // Servers that punish frequent pings allow one each five minutes without data (gRPC proposal A8); others do not mind.
    private static readonly TimeSpan DefaultPingDelay = TimeSpan.FromMinutes(5);

    // A handler that is never sent anything: the runtime's own type is the best record of its settings.
    private readonly SocketsHttpHandler _settings;
    private readonly Random _random;

    // Both are read once, as in the runtime: another default proxy, or other credentials of the same, have no effect later.
    private readonly IWebProxy? _proxy;

    private HandlerTemplate(SocketsHttpHandler settings, Random random)
    {
        _settings = settings;
        _random = random;
        _proxy = settings.UseProxy ? settings.Proxy ?? HttpClient.DefaultProxy : null;
        ProxyCredentials = _proxy?.Credentials;
        if (settings is { AllowAutoRedirect: true, ActivityHeadersPropagator: DistributedContextPropagator propagator })
        {
            settings.ActivityHeadersPropagator = new RenewingPropagator(propagator);
        }
    }

    public bool AllowAutoRedirect => _settings.AllowAutoRedirect;

    public int MaxAutomaticRedirections => _settings.MaxAutomaticRedirections;

    public TimeSpan ConnectTimeout => _settings.ConnectTimeout;

    public TimeSpan PooledConnectionIdleTimeout => _settings.PooledConnectionIdleTimeout;

    /// <summary>Whether the credentials are for whoever asks: then they are withheld after a redirect. A <see cref="CredentialCache"/> binds them to a URI.</summary>
    public bool HasUnboundCredentials => _settings.Credentials is not null and not CredentialCache;

    /// <summary>The proxy's own credentials; without them the runtime takes <see cref="SocketsHttpHandler.DefaultProxyCredentials"/>.</summary>
    public ICredentials? ProxyCredentials { get; }

    /// <summary>Copies the settings of a handler. Later changes to it, or to its <see cref="SocketsHttpHandler.SslOptions"/>, have no effect.</summary>
    public static HandlerTemplate ReadFrom(SocketsHttpHandler handler, Random? random = null) => new(Copy(handler), random ?? Random.Shared);

    /// <summary>Makes an endpoint's handler.</summary>
    /// <param name="connect">Dials the endpoint.</param>
    /// <param name="proxy">The only proxy that it uses, or null for none.</param>
    /// <param name="authenticate">False to withhold the credentials.</param>
    /// <param name="ping">Whether HTTP/2 connections with open streams are pinged when they are quiet, unless the settings already say how.</param>
    public SocketsHttpHandler Make(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect, IWebProxy? proxy, bool authenticate, bool ping = false)
    {
        SocketsHttpHandler handler = Copy(_settings);
        handler.ConnectCallback = connect;
        handler.Proxy = proxy;
        handler.UseProxy = proxy is not null;
        handler.AllowAutoRedirect = false;
        handler.Credentials = authenticate ? handler.Credentials : null;
        handler.PooledConnectionLifetime = Spread(handler.PooledConnectionLifetime);
        if (ping && handler.KeepAlivePingDelay == Timeout.InfiniteTimeSpan)
        {
            handler.KeepAlivePingDelay = DefaultPingDelay;
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        }

        return handler;
    }

    /// <summary>Makes a handler with all the settings as they were, for requests that are not managed.</summary>
    public SocketsHttpHandler MakeUnmanaged() => Copy(_settings);

    /// <summary>The proxy for a request, asked once for each hop; null for a direct connection. A proxy that throws means none, as in the runtime.</summary>
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

    // Pools that were made together would otherwise renew their connections together.
    private TimeSpan Spread(TimeSpan lifetime) =>
        lifetime <= TimeSpan.Zero ? lifetime : lifetime * (1 + (LifetimeSpread * ((2 * _random.NextDouble()) - 1)));

    private static SocketsHttpHandler Copy(SocketsHttpHandler from)
    {
        SocketsHttpHandler to = new()
        {
            ActivityHeadersPropagator = from.ActivityHeadersPropagator,
            AllowAutoRedirect = from.AllowAutoRedirect,
            AutomaticDecompression = from.AutomaticDecompression,
            ConnectCallback = from.ConnectCallback,
            ConnectTimeout = from.ConnectTimeout,
            Credentials = from.Credentials,
            DefaultProxyCredentials = from.DefaultProxyCredentials,
            EnableMultipleHttp2Connections = from.EnableMultipleHttp2Connections,
            EnableMultipleHttp3Connections = from.EnableMultipleHttp3Connections,
            Expect100ContinueTimeout = from.Expect100ContinueTimeout,
            InitialHttp2StreamWindowSize = from.InitialHttp2StreamWindowSize,
            KeepAlivePingDelay = from.KeepAlivePingDelay,
            KeepAlivePingPolicy = from.KeepAlivePingPolicy,
            KeepAlivePingTimeout = from.KeepAlivePingTimeout,
            MaxAutomaticRedirections = from.MaxAutomaticRedirections,
            MaxConnectionsPerServer = from.MaxConnectionsPerServer,
            MaxResponseDrainSize = from.MaxResponseDrainSize,
            MaxResponseHeadersLength = from.MaxResponseHeadersLength,
            MeterFactory = from.MeterFactory,
            PlaintextStreamFilter = from.PlaintextStreamFilter,
            PooledConnectionIdleTimeout = from.PooledConnectionIdleTimeout,
            PooledConnectionLifetime = from.PooledConnectionLifetime,
            PreAuthenticate = from.PreAuthenticate,
            Proxy = from.Proxy,
            RequestHeaderEncodingSelector = from.RequestHeaderEncodingSelector,
            ResponseDrainTimeout = from.ResponseDrainTimeout,
            ResponseHeaderEncodingSelector = from.ResponseHeaderEncodingSelector,
            SslOptions = SslOptionsCopy.Of(from.SslOptions),
            UseCookies = from.UseCookies,
            UseProxy = from.UseProxy,
        };
        if (from.UseCookies)
        {
            // One container for all endpoints: what one address sets is sent to the next. Reading it makes it where there is none.
            to.CookieContainer = from.CookieContainer;
        }

        foreach ((string key, object? value) in from.Properties)
        {
            to.Properties[key] = value;
        }

        return to;
    }
}
