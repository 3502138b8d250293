using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>The order in which the addresses of a name are tried. Pure.</summary>
internal static class AddressOrder
{
    /// <summary>Ranks by RFC 6724, rotates equal ranks, then alternates the families (RFC 8305 section 4).</summary>
    /// <param name="addresses">IPv4 and IPv6 addresses; each comes out as often as it goes in.</param>
    /// <param name="sources">Asked once for each distinct address.</param>
    /// <param name="rotation">How far addresses of equal rank are rotated. One number for each process spreads a fleet over them.</param>
    /// <param name="preferred">The first family, if it has an address with a route. Default: the family of the best address.</param>
    /// <returns>The addresses in order. Addresses without a route are last.</returns>
    public static ImmutableArray<IPAddress> Sort(
        ImmutableArray<IPAddress> addresses,
        ISourceAddresses sources,
        int rotation,
        AddressFamily preferred = AddressFamily.Unspecified) => Sort(addresses, sources, rotation, preferred, out _);

    /// <inheritdoc cref="Sort(ImmutableArray{IPAddress}, ISourceAddresses, int, AddressFamily)"/>
    /// <param name="addresses">IPv4 and IPv6 addresses; each comes out as often as it goes in.</param>
    /// <param name="sources">Asked once for each distinct address.</param>
    /// <param name="rotation">Any number, one for each process.</param>
    /// <param name="preferred">The family that begins, if it has an address with a route.</param>
    /// <param name="routable">The number of addresses with a route, which come first. A single address is not checked.</param>
    public static ImmutableArray<IPAddress> Sort(
        ImmutableArray<IPAddress> addresses, ISourceAddresses sources, int rotation, AddressFamily preferred, out int routable)
    {
        routable = addresses.Length;
        if (addresses.Length < 2)
        {
            return addresses;
        }

        Dictionary<IPAddress, AddressRank> ranks = Ranks(addresses, sources);
        List<IPAddress> usable = new(addresses.Length);
        List<IPAddress> unusable = [];
        foreach (IGrouping<AddressRank, IPAddress> equals in addresses.GroupBy(address => ranks[address]).OrderBy(equals => equals.Key))
        {
            AddRotated(equals.Key.Usable ? usable : unusable, [.. equals], rotation);
        }

        routable = usable.Count;
        return [.. FamilyInterleaving.Of(usable, FamilyOf, preferred), .. FamilyInterleaving.Of(unusable, FamilyOf, preferred)];
    }

    private static Dictionary<IPAddress, AddressRank> Ranks(ImmutableArray<IPAddress> addresses, ISourceAddresses sources)
    {
        Dictionary<IPAddress, AddressRank> ranks = new(addresses.Length);
        foreach (IPAddress address in addresses)
        {
            if (!ranks.ContainsKey(address))
            {
                IPAddress dialled = Dialled(address);
                ranks.Add(address, AddressRank.Of(dialled, sources.For(dialled)));
            }
        }

        return ranks;
    }

    private static void AddRotated(List<IPAddress> ranked, IPAddress[] equals, int rotation)
    {
        int start = (int)((uint)rotation % (uint)equals.Length);
        ranked.AddRange(equals.AsSpan(start));
        ranked.AddRange(equals.AsSpan(0, start));
    }

    private static AddressFamily FamilyOf(IPAddress address) => Dialled(address).AddressFamily;

    // An IPv4-mapped address is reached over IPv4, whatever its form.
    private static IPAddress Dialled(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
