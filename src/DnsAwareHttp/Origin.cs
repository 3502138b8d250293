using System.Net;
using System.Text;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp;

/// <summary>The dial target of requests: scheme, host and port (RFC 6454), or the proxy that serves them.</summary>
/// <param name="IsSecure">Whether the connection speaks TLS. <c>ws</c> and <c>wss</c> share connections with <c>http</c> and <c>https</c>,
/// as in the runtime.</param>
/// <param name="Host">The name to resolve and dial: the origin's, or the proxy's.</param>
/// <param name="Port">The port to dial.</param>
/// <param name="Proxy">The proxy, or null for a direct connection. One proxy is one origin for all requests through it.</param>
/// <param name="IsAnonymous">Whether the handler's credentials are withheld: after a redirect, unless they are bound to a URI.</param>
internal readonly record struct Origin(bool IsSecure, string Host, int Port, Uri? Proxy, bool IsAnonymous)
{
    public static Origin Of(Uri request, Uri? proxy, bool isAnonymous) =>
        proxy is null
            ? new Origin(IsSecureScheme(request.Scheme), request.IdnHost, request.Port, null, isAnonymous)
            : new Origin(IsSecureScheme(proxy.Scheme), proxy.IdnHost, proxy.Port, proxy, isAnonymous);

    /// <summary>Whether the runtime's handler takes such a request at all. If not, the request gets the runtime's own error.</summary>
    public static bool IsSupported(Uri request) =>
        request.IsAbsoluteUri && request.IdnHost.Length > 0 && (request.Scheme == Uri.UriSchemeHttps || request.Scheme == Uri.UriSchemeHttp
            || request.Scheme == Uri.UriSchemeWss || request.Scheme == Uri.UriSchemeWs);

    /// <summary>
    /// Whether the runtime's handler dials such a host at all. It refuses the unspecified addresses, and a name that has no ASCII form. The
    /// request then gets the runtime's own error.
    /// </summary>
    public bool CanBeDialled =>
        Ascii.IsValid(Host)
        && !(IPAddress.TryParse(Host, out IPAddress? literal) && AnswerMerge.IsUnspecified(AnswerMerge.Plain(literal)));

    /// <summary>
    /// Whether a proxy passes the bytes of a request on unread: always through SOCKS, and through an HTTP proxy for all schemes except
    /// <c>http</c>. Then, once the proxy is connected, the outcome of the request says nothing about the proxy's own address.
    /// </summary>
    public bool Tunnels(HttpRequestMessage request) =>
        Proxy is not null
        && (!(Proxy.Scheme == Uri.UriSchemeHttp || Proxy.Scheme == Uri.UriSchemeHttps) || request.RequestUri?.Scheme != Uri.UriSchemeHttp);

    /// <summary>The host and port that the handlers of this origin ask to be connected to.</summary>
    public DnsEndPoint DialTarget => new(Host, Port);

    public override string ToString()
    {
        string authority = $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
        return Proxy is null ? $"{(IsSecure ? "https" : "http")}://{authority}" : $"proxy {Proxy.Scheme}://{authority}";
    }

    /// <summary>Whether a scheme is <c>https</c> or <c>wss</c>.</summary>
    public static bool IsSecureScheme(string scheme) => scheme == Uri.UriSchemeHttps || scheme == Uri.UriSchemeWss;
}
