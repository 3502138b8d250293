namespace DnsAwareHttp.Handlers;

/// <summary>
/// Compares the settings of two handlers. A test names all settings of the runtime, so that a new one is not forgotten.
/// </summary>
internal static class SettingsComparison
{
    /// <summary>The property by which gRPC is kept from changing a wrapped handler. A handler that was not wrapped lacks it.</summary>
    public const string GrpcProperty = "__GrpcLoadBalancingDisabled";

    /// <summary>Whether all settings are the same, but for the cookies.</summary>
    public static bool AreSame(SocketsHttpHandler one, SocketsHttpHandler other) =>
        one.AllowAutoRedirect == other.AllowAutoRedirect
        && one.AutomaticDecompression == other.AutomaticDecompression
        && one.Expect100ContinueTimeout == other.Expect100ContinueTimeout
        && one.MaxAutomaticRedirections == other.MaxAutomaticRedirections
        && one.MaxResponseDrainSize == other.MaxResponseDrainSize
        && one.MaxResponseHeadersLength == other.MaxResponseHeadersLength
        && one.PreAuthenticate == other.PreAuthenticate
        && one.ResponseDrainTimeout == other.ResponseDrainTimeout
        && one.UseCookies == other.UseCookies
        && one.UseProxy == other.UseProxy
        && HaveSameConnectionSettings(one, other)
        && HaveSameObjects(one, other)
        && HaveSameProperties(one.Properties, other.Properties)
        && SslOptionsComparison.AreSame(one.SslOptions, other.SslOptions);

    private static bool HaveSameConnectionSettings(SocketsHttpHandler one, SocketsHttpHandler other) =>
        one.ConnectTimeout == other.ConnectTimeout
        && one.EnableMultipleHttp2Connections == other.EnableMultipleHttp2Connections
        && one.EnableMultipleHttp3Connections == other.EnableMultipleHttp3Connections
        && one.InitialHttp2StreamWindowSize == other.InitialHttp2StreamWindowSize
        && one.KeepAlivePingDelay == other.KeepAlivePingDelay
        && one.KeepAlivePingPolicy == other.KeepAlivePingPolicy
        && one.KeepAlivePingTimeout == other.KeepAlivePingTimeout
        && one.MaxConnectionsPerServer == other.MaxConnectionsPerServer
        && one.PooledConnectionIdleTimeout == other.PooledConnectionIdleTimeout
        && one.PooledConnectionLifetime == other.PooledConnectionLifetime;

    private static bool HaveSameObjects(SocketsHttpHandler one, SocketsHttpHandler other) =>
        ValueComparison.AreSame(one.ActivityHeadersPropagator, other.ActivityHeadersPropagator)
        && ValueComparison.AreSame(one.ConnectCallback, other.ConnectCallback)
        && ValueComparison.AreSame(one.Credentials, other.Credentials)
        && ValueComparison.AreSame(one.DefaultProxyCredentials, other.DefaultProxyCredentials)
        && ValueComparison.AreSame(one.MeterFactory, other.MeterFactory)
        && ValueComparison.AreSame(one.PlaintextStreamFilter, other.PlaintextStreamFilter)
        && ValueComparison.AreSame(one.Proxy, other.Proxy)
        && ValueComparison.AreSame(one.RequestHeaderEncodingSelector, other.RequestHeaderEncodingSelector)
        && ValueComparison.AreSame(one.ResponseHeaderEncodingSelector, other.ResponseHeaderEncodingSelector);

    private static bool HaveSameProperties(IDictionary<string, object?> one, IDictionary<string, object?> other)
    {
        KeyValuePair<string, object?>[] ours = [.. one.Where(property => property.Key != GrpcProperty)];
        return ours.Length == other.Keys.Count(key => key != GrpcProperty)
            && ours.All(property => other.TryGetValue(property.Key, out object? value) && ValueComparison.AreSame(property.Value, value));
    }
}
