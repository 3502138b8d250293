using System.Net;
using System.Net.Quic;

namespace DnsAwareHttp.Sending;

/// <summary>
/// Tells which requests may use HTTP/3. It has no <see cref="SocketsHttpHandler.ConnectCallback"/>, so no address can be chosen for it.
/// </summary>
internal static class Http3
{
    /// <summary>Whether this host speaks HTTP/3.</summary>
    public static bool IsSupported { get; } =
        (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicConnection.IsSupported;

    /// <summary>
    /// Whether a request over TLS and without a proxy may use HTTP/3: by its version, or by an upgrade that the origin advertises (Alt-Svc,
    /// RFC 7838).
    /// </summary>
    public static bool IsAllowed(HttpRequestMessage request) =>
        request.Version.Major >= HttpVersion.Version30.Major || request.VersionPolicy is HttpVersionPolicy.RequestVersionOrHigher;

    /// <summary>The error of a request that may use HTTP/3 although addresses are filtered.</summary>
    public static HttpRequestException CannotBeFiltered(Uri request) => new(
        HttpRequestError.ConnectionError,
        $"{nameof(DnsAwareOptions.AddressFilter)} is set, and a request to {request.Host} may use HTTP/3, "
        + $"where the address that is dialled cannot be chosen. Send it with {nameof(HttpRequestMessage.Version)} 2.0 and "
        + $"{nameof(HttpVersionPolicy)}.{nameof(HttpVersionPolicy.RequestVersionOrLower)}. ({request.Host}:{request.Port})");
}
