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
}
