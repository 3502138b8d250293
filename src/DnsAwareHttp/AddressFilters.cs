using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp;

/// <summary>Ready-made filters for <see cref="DnsAwareOptions.AddressFilter"/>.</summary>
public static class AddressFilters
{
    // The blocks that are not globally reachable according to the IANA registry of special-purpose IPv4 addresses (RFC 6890), multicast,
    // and the metadata and DNS server of Azure, which lies among public addresses. Other clouds use link-local, shared or private
    // addresses.
    private static readonly (uint Block, int Length)[] NotPublic =
    [
        (0x00000000, 8), (0x0A000000, 8), (0x64400000, 10), (0x7F000000, 8), (0xA9FE0000, 16), (0xAC100000, 12),
        (0xC0000000, 24), (0xC0000200, 24), (0xC0586300, 24), (0xC0A80000, 16), (0xC6120000, 15), (0xC6336400, 24),
        (0xCB007100, 24), (0xE0000000, 4), (0xF0000000, 4), (0xA83F8110, 32),
    ];

    /// <summary>Allows addresses of the public internet only: for services that fetch URLs from their users (SSRF).</summary>
    /// <remarks>
    /// <para>It refuses loopback, private and unique local, link-local (with the metadata servers of clouds), shared (CGNAT),
    /// documentation, benchmarking, multicast, broadcast and unspecified addresses, and all IPv6 blocks that are not global unicast. It
    /// also refuses an IPv6 address that stands for a refused IPv4 one: IPv4-mapped, NAT64 under <c>64:ff9b::/96</c> (RFC 6052), 6to4 (RFC
    /// 3056), ISATAP (RFC 5214); and all of Teredo (RFC 4380).</para>
    /// <para>It cannot know addresses that a network translates to internal ones, such as a NAT64 prefix of a provider.</para>
    /// </remarks>
    /// <param name="address">The address to be dialled.</param>
    /// <returns>False for an address that is not public.</returns>
    public static bool PublicOnly(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out int _);
        return address.AddressFamily is AddressFamily.InterNetwork ? IsPublicV4(bytes) : IsPublicV6(bytes);
    }

    private static bool IsPublicV4(ReadOnlySpan<byte> bytes)
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        foreach ((uint block, int length) in NotPublic)
        {
            if ((value ^ block) >> (32 - length) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPublicV6(ReadOnlySpan<byte> bytes)
    {
        if (bytes[..10].IndexOfAnyExcept((byte)0) < 0 && bytes[10] == 0xFF && bytes[11] == 0xFF)
        {
            return IsPublicV4(bytes[12..]);
        }

        ushort first = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        ushort second = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (first == 0x0064 && second == 0xFF9B && bytes[4..12].IndexOfAnyExcept((byte)0) < 0)
        {
            return IsPublicV4(bytes[12..]);
        }

        // Global unicast is 2000::/3. Within it: 2001::/23 are protocols such as Teredo, 2001:db8::/32 and 3fff::/20 documentation,
        // 2002::/16 is 6to4.
        return first switch
        {
            < 0x2000 or > 0x3FFF => false,
            0x2001 when second < 0x0200 || second == 0x0DB8 => false,
            0x3FFF when second < 0x1000 => false,
            0x2002 => IsPublicV4(bytes[2..]) && IsPublicIfIsatap(bytes),
            _ => IsPublicIfIsatap(bytes),
        };
    }

    private static bool IsPublicIfIsatap(ReadOnlySpan<byte> bytes)
    {
        bool isIsatap = (bytes[8] & 0xFD) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
        return !isIsatap || IsPublicV4(bytes[12..]);
    }
}
