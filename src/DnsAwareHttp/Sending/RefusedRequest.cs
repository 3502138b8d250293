using System.Net;

namespace DnsAwareHttp.Origins;

/// <summary>Tells which requests the runtime refuses before it connects. The wrapped handler is given them, for its own error, before any name is asked.</summary>
internal static class RefusedRequest
{
    /// <summary>Whether its version, its policy or its token is enough to refuse a request. Looked at for each one: it costs next to nothing.</summary>
    public static bool IsCertain(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested || !IsSpoken(request.Version, request.VersionPolicy, async);

    /// <summary>Whether its content cannot be framed as its headers want it.</summary>
    /// <remarks>
    /// An endpoint's handler refuses it, too. Looked at only before a name is asked or an address dialled for it: reading the headers of a request that has none
    /// makes them, and would cost more than all the rest.
    /// </remarks>
    public static bool IsMalformed(HttpRequestMessage request)
    {
        bool isChunked = request.Headers.TransferEncodingChunked == true;
        return request.Content is not HttpContent content
            ? isChunked
            : request.Version == HttpVersion.Version10 && (isChunked || content.Headers.ContentLength is null);
    }

    // HTTP/3 where it cannot be had is refused unless a lower version will do; HTTP/2 knows no synchronous send.
    private static bool IsSpoken(Version version, HttpVersionPolicy policy, bool async) => async
        ? version == HttpVersion.Version11 || version == HttpVersion.Version20 || version == HttpVersion.Version10
            || (version == HttpVersion.Version30 && policy is HttpVersionPolicy.RequestVersionOrLower)
        : (version == HttpVersion.Version11 || version == HttpVersion.Version10) && policy is not HttpVersionPolicy.RequestVersionOrHigher;
}
