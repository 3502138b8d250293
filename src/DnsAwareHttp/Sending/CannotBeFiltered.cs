using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Sending;

/// <summary>
/// The errors of requests that cannot be managed while <see cref="DnsAwareOptions.AddressFilter"/> is set: an address that the filter
/// does not see is not dialled.
/// </summary>
internal static class CannotBeFiltered
{
    private const string Filter = $"{nameof(DnsAwareOptions.AddressFilter)} is set, and";

    /// <summary>The error of a request that may use HTTP/3.</summary>
    public static HttpRequestException OverHttp3(Uri request) => Error(
        request,
        $"{Filter} a request to {request.Host} may use HTTP/3, where the address that is dialled cannot be chosen. "
        + $"Send it with {nameof(HttpRequestMessage.Version)} 2.0 and "
        + $"{nameof(HttpVersionPolicy)}.{nameof(HttpVersionPolicy.RequestVersionOrLower)}.");

    /// <summary>The error of a request whose proxy the runtime cannot speak to.</summary>
    public static HttpRequestException Through(Uri proxy, Uri request) => Error(
        request,
        $"{Filter} the proxy of a request to {request.Host} is {Describe(proxy)}, which cannot be used. "
        + $"{nameof(IWebProxy)}.{nameof(IWebProxy.GetProxy)} must return a URI of the scheme http, https, socks4, socks4a "
        + "or socks5, or null for a direct connection.");

    /// <summary>A <see cref="SocketsHttpHandler.ConnectCallback"/> that does not connect. Its error becomes the request's.</summary>
    public static ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        ValueTask.FromException<Stream>(new SocketException(
            (int)SocketError.AccessDenied,
            $"{Filter} a request of version {context.InitialRequestMessage.Version} to {context.DnsEndPoint.Host} cannot be managed. "
            + $"Send it with {nameof(HttpRequestMessage.Version)} 1.0, 1.1 or 2.0, to a host that can be dialled."));

    private static HttpRequestException Error(Uri request, string message) =>
        new(HttpRequestError.ConnectionError, $"{message} ({request.Host}:{request.Port})");

    // User information is a secret.
    private static string Describe(Uri proxy) => proxy switch
    {
        { IsAbsoluteUri: false } => $"'{proxy.OriginalString.Split('@')[^1]}'",
        { Host.Length: > 0, Port: >= 0 } => $"'{proxy.Scheme}://{proxy.Host}:{proxy.Port}'",
        { Host.Length: > 0 } => $"'{proxy.Scheme}://{proxy.Host}'",
        _ => $"of the scheme '{proxy.Scheme}'",
    };
}
