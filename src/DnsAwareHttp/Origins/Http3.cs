using System.Net;
using System.Net.Quic;

namespace DnsAwareHttp.Origins;

/// <summary>Tells which requests might travel over HTTP/3, which knows no <see cref="SocketsHttpHandler.ConnectCallback"/> and so cannot be pinned to an address.</summary>
internal static class Http3
{
    /// <summary>Whether this host can speak it at all.</summary>
    public static bool IsSupported { get; } = (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicConnection.IsSupported;

    /// <summary>Whether a request can be sent over nothing else: the runtime sends it so, or refuses it before it connects.</summary>
    public static bool IsDemanded(HttpRequestMessage request) =>
        request.Version.Major >= HttpVersion.Version30.Major && request.VersionPolicy is not HttpVersionPolicy.RequestVersionOrLower;

    /// <summary>Whether a request over TLS and without a proxy may be sent so: asked for as such, or allowed as an upgrade that the origin may advertise (Alt-Svc, RFC 7838).</summary>
    public static bool IsAllowed(HttpRequestMessage request) =>
        request.Version.Major >= HttpVersion.Version30.Major || request.VersionPolicy is HttpVersionPolicy.RequestVersionOrHigher;
}
