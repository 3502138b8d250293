using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>How far an address reaches, as a number that grows with the distance (RFC 6724 sections 3.1 and 3.2). Pure.</summary>
internal static class AddressScope
{
    public const int LinkLocal = 0x2;
    public const int SiteLocal = 0x5;
    public const int Global = 0xe;

    /// <param name="address">IPv4 or IPv6, not IPv4-mapped. Private IPv4 and unique local IPv6 addresses are global.</param>
    public static int Of(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? OfIPv6(address) : OfIPv4(address);

    private static int OfIPv4(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[4];
        _ = address.TryWriteBytes(octets, out _);
        return octets[0] == 127 || (octets[0] == 169 && octets[1] == 254) ? LinkLocal : Global;
    }

    private static int OfIPv6(IPAddress address)
    {
        if (address.IsIPv6Multicast)
        {
            Span<byte> octets = stackalloc byte[16];
            _ = address.TryWriteBytes(octets, out _);
            return octets[1] & 0xf;
        }

        // The loopback address counts as link-local (RFC 6724 section 3.4).
        if (address.IsIPv6LinkLocal || IPAddress.IPv6Loopback.Equals(address))
        {
            return LinkLocal;
        }

        return address.IsIPv6SiteLocal ? SiteLocal : Global;
    }
}
