using System.Net;

namespace DnsAwareHttp.Sending;

/// <summary>
/// Tells which requests the runtime refuses before it connects. They pass through before any name is asked, and get the runtime's error.
/// </summary>
internal static class RefusedRequest
{
    /// <summary>
    /// Whether the version, the policy or the token of a request is refused. Each request is checked; the check costs very little.
    /// </summary>
    public static bool IsRefusedOutright(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested || !IsSpoken(request.Version, request.VersionPolicy, async);

    /// <summary>Whether the content of a request cannot be framed as its headers want it.</summary>
    /// <remarks>
    /// An endpoint's handler refuses such a request, too. The check is made only before a name is asked or an address dialled. To read the
    /// headers of a request allocates them if it has no headers yet, and costs more than all the rest.
    /// </remarks>
    public static bool IsMalformed(HttpRequestMessage request)
    {
        bool isChunked = request.Headers.TransferEncodingChunked == true;
        return request.Content is not HttpContent content
            ? isChunked
            : request.Version == HttpVersion.Version10 && (isChunked || content.Headers.ContentLength is null);
    }

    // Without HTTP/3 the runtime refuses it, unless a lower version is allowed. HTTP/2 has no synchronous send.
    private static bool IsSpoken(Version version, HttpVersionPolicy policy, bool async) => async
        ? version == HttpVersion.Version11 || version == HttpVersion.Version20 || version == HttpVersion.Version10
            || (version == HttpVersion.Version30 && policy is HttpVersionPolicy.RequestVersionOrLower)
        : (version == HttpVersion.Version11 || version == HttpVersion.Version10) && policy is not HttpVersionPolicy.RequestVersionOrHigher;
}
