using System.Net;
using System.Net.Quic;

namespace DnsAwareHttp.Origins;

/// <summary>Tells which requests might travel over HTTP/3, which knows no <see cref="SocketsHttpHandler.ConnectCallback"/> and so cannot be pinned to an address.</summary>
internal static class Http3
{
    private static readonly bool IsSupported = (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicConnection.IsSupported;

    /// <summary>Asked for as such, or allowed as an upgrade that the origin may advertise (Alt-Svc, RFC 7838).</summary>
    public static bool MayBeUsed(HttpRequestMessage request) =>
        IsSupported && (request.Version.Major >= HttpVersion.Version30.Major || request.VersionPolicy is HttpVersionPolicy.RequestVersionOrHigher);
}
