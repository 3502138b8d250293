using System.Net;
using System.Net.Quic;

namespace DnsAwareHttp.Origins;

/// <summary>Tells which requests might travel over HTTP/3, which knows no <see cref="SocketsHttpHandler.ConnectCallback"/> and so cannot be pinned to an address.</summary>
internal static class Http3
{
    /// <summary>Whether this host can speak it at all.</summary>
    public static bool IsSupported { get; } = (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicConnection.IsSupported;

    /// <summary>Whether a request over TLS and without a proxy may be sent so: asked for as such, or allowed as an upgrade that the origin may advertise (Alt-Svc, RFC 7838).</summary>
    public static bool IsAllowed(HttpRequestMessage request) =>
        request.Version.Major >= HttpVersion.Version30.Major || request.VersionPolicy is HttpVersionPolicy.RequestVersionOrHigher;

    /// <summary>The error of a request that may travel over HTTP/3 although addresses are filtered.</summary>
    public static HttpRequestException CannotBeFiltered(Uri request) => new(
        HttpRequestError.ConnectionError,
        $"{nameof(DnsAwareOptions.AddressFilter)} is set, and a request to {request.Host} may travel over HTTP/3, where the address that is dialled cannot be chosen. "
        + $"Send it with {nameof(HttpRequestMessage.Version)} 2.0 and {nameof(HttpVersionPolicy)}.{nameof(HttpVersionPolicy.RequestVersionOrLower)}. ({request.Host}:{request.Port})");
}
