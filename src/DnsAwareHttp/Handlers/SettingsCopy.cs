namespace DnsAwareHttp.Handlers;

/// <summary>Copies the settings of a handler. A test names all settings of the runtime, so that a new one is not forgotten.</summary>
internal static class SettingsCopy
{
    public static SocketsHttpHandler Of(SocketsHttpHandler from)
    {
        SocketsHttpHandler to = new()
        {
            SslOptions = SslOptionsCopy.Of(from.SslOptions),
            ActivityHeadersPropagator = from.ActivityHeadersPropagator,
            AllowAutoRedirect = from.AllowAutoRedirect,
            AutomaticDecompression = from.AutomaticDecompression,
            Credentials = from.Credentials,
            DefaultProxyCredentials = from.DefaultProxyCredentials,
            Expect100ContinueTimeout = from.Expect100ContinueTimeout,
            MaxAutomaticRedirections = from.MaxAutomaticRedirections,
            MaxResponseDrainSize = from.MaxResponseDrainSize,
            MaxResponseHeadersLength = from.MaxResponseHeadersLength,
            MeterFactory = from.MeterFactory,
            PreAuthenticate = from.PreAuthenticate,
            Proxy = from.Proxy,
            RequestHeaderEncodingSelector = from.RequestHeaderEncodingSelector,
            ResponseDrainTimeout = from.ResponseDrainTimeout,
            ResponseHeaderEncodingSelector = from.ResponseHeaderEncodingSelector,
            UseCookies = from.UseCookies,
            UseProxy = from.UseProxy,
        };
        CopyConnectionSettings(from, to);
        CopyShared(from, to);
        return to;
    }

    private static void CopyConnectionSettings(SocketsHttpHandler from, SocketsHttpHandler to)
    {
        to.ConnectCallback = from.ConnectCallback;
        to.ConnectTimeout = from.ConnectTimeout;
        to.EnableMultipleHttp2Connections = from.EnableMultipleHttp2Connections;
        to.EnableMultipleHttp3Connections = from.EnableMultipleHttp3Connections;
        to.InitialHttp2StreamWindowSize = from.InitialHttp2StreamWindowSize;
        to.KeepAlivePingDelay = from.KeepAlivePingDelay;
        to.KeepAlivePingPolicy = from.KeepAlivePingPolicy;
        to.KeepAlivePingTimeout = from.KeepAlivePingTimeout;
        to.MaxConnectionsPerServer = from.MaxConnectionsPerServer;
        to.PlaintextStreamFilter = from.PlaintextStreamFilter;
        to.PooledConnectionIdleTimeout = from.PooledConnectionIdleTimeout;
        to.PooledConnectionLifetime = from.PooledConnectionLifetime;
    }

    private static void CopyShared(SocketsHttpHandler from, SocketsHttpHandler to)
    {
        if (from.UseCookies)
        {
            // One container for all endpoints: a cookie that one address sets is sent to the next. The getter makes a missing container.
            to.CookieContainer = from.CookieContainer;
        }

        foreach ((string key, object? value) in from.Properties)
        {
            to.Properties[key] = value;
        }
    }
}
