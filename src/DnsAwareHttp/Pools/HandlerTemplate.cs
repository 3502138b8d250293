using System.Net;

namespace DnsAwareHttp.Pools;

/// <summary>Provisional.</summary>
internal sealed class HandlerTemplate(SocketsHttpHandler source)
{
    public TimeSpan ConnectTimeout => source.ConnectTimeout;

    public bool AllowAutoRedirect => source.AllowAutoRedirect;

    public int MaxAutomaticRedirections => source.MaxAutomaticRedirections;

    public IReadOnlyCollection<string> PropagatedHeaders => source.ActivityHeadersPropagator?.Fields ?? [];

    public bool HasUnboundCredentials => source.Credentials is not null and not CredentialCache;

    public ICredentials? ProxyCredentials => (source.Proxy ?? HttpClient.DefaultProxy).Credentials;

    public static HandlerTemplate ReadFrom(SocketsHttpHandler handler) => new(handler);

    public Uri? ProxyFor(Uri uri)
    {
        if (!source.UseProxy)
        {
            return null;
        }

        try
        {
            IWebProxy proxy = source.Proxy ?? HttpClient.DefaultProxy;
            return proxy.IsBypassed(uri) ? null : proxy.GetProxy(uri);
        }
        catch (Exception)
        {
            return null;
        }
    }

    public SocketsHttpHandler Make(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect, IWebProxy? proxy, bool authenticate) => new()
    {
        ConnectCallback = connect,
        AllowAutoRedirect = false,
        SslOptions = source.SslOptions,
        Proxy = proxy,
        UseProxy = proxy is not null,
        Credentials = authenticate ? source.Credentials : null,
    };
}
