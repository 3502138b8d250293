using System.Net;
using System.Text;

namespace DnsAwareHttp;

/// <summary>Whom requests are for and what is dialled for them: scheme, host and port (RFC 6454), or the proxy that serves them.</summary>
/// <param name="IsSecure">Whether the connection speaks TLS. <c>ws</c> and <c>wss</c> share connections with <c>http</c> and <c>https</c>,
/// as in the runtime.</param>
/// <param name="Host">The name to resolve and dial: the origin's, or the proxy's.</param>
/// <param name="Port">The port to dial.</param>
/// <param name="Proxy">The proxy, or null for a direct connection. One proxy is one origin, whatever is asked of it.</param>
/// <param name="IsAnonymous">Whether the handler's credentials are withheld: after a redirect, unless they are bound to a URI.</param>
internal readonly record struct Origin(bool IsSecure, string Host, int Port, Uri? Proxy, bool IsAnonymous)
{
    public static Origin Of(Uri request, Uri? proxy, bool isAnonymous) =>
        proxy is null
            ? new Origin(IsSecureScheme(request.Scheme), request.IdnHost, request.Port, null, isAnonymous)
            : new Origin(IsSecureScheme(proxy.Scheme), proxy.IdnHost, proxy.Port, proxy, isAnonymous);

    /// <summary>Whether the wrapped handler takes such a request at all. If not, its own error is the right one.</summary>
    public static bool IsSupported(Uri request) =>
        request.IsAbsoluteUri && request.IdnHost.Length > 0 && (request.Scheme == Uri.UriSchemeHttps || request.Scheme == Uri.UriSchemeHttp
            || request.Scheme == Uri.UriSchemeWss || request.Scheme == Uri.UriSchemeWs);

    /// <summary>
    /// Whether the wrapped handler would dial such a host at all: it refuses the unspecified addresses, and a name that could not be put
    /// into ASCII. If not, its own error is the right one.
    /// </summary>
    public bool CanBeDialled =>
        Ascii.IsValid(Host)
        && !(IPAddress.TryParse(Host, out IPAddress? literal) && (literal.Equals(IPAddress.Any) || literal.Equals(IPAddress.IPv6Any)));

    /// <summary>
    /// Whether a proxy passes a request's bytes on unread: through SOCKS all of them, through an HTTP proxy those of all schemes but
    /// <c>http</c>. Then, whatever
    /// becomes of the request once the proxy is connected to tells nothing of the proxy's own address.
    /// </summary>
    public bool Tunnels(HttpRequestMessage request) =>
        Proxy is not null
        && (!(Proxy.Scheme == Uri.UriSchemeHttp || Proxy.Scheme == Uri.UriSchemeHttps) || request.RequestUri?.Scheme != Uri.UriSchemeHttp);

    /// <summary>What the handlers of this origin ask to be connected to.</summary>
    public DnsEndPoint DialTarget => new(Host, Port);

    public override string ToString()
    {
        string authority = $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
        return Proxy is null ? $"{(IsSecure ? "https" : "http")}://{authority}" : $"proxy {Proxy.Scheme}://{authority}";
    }

    /// <summary>Whether a scheme is <c>https</c> or <c>wss</c>.</summary>
    public static bool IsSecureScheme(string scheme) => scheme == Uri.UriSchemeHttps || scheme == Uri.UriSchemeWss;
}
