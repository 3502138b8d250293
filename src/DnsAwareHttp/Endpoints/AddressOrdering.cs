using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>Orders the addresses of a name for this host and this process (RFC 6724, families interleaved).</summary>
/// <param name="Sources">The source address of this host for a destination.</param>
/// <param name="Rotation">How far addresses of equal rank are rotated: another number in each process of a fleet.</param>
internal sealed record AddressOrdering(ISourceAddresses Sources, int Rotation)
{
    /// <param name="addresses">The addresses.</param>
    /// <param name="family">The family that won when both were dialled: it begins.</param>
    /// <param name="routable">How many of the addresses have a route; they come first.</param>
    public ImmutableArray<IPAddress> Sort(ImmutableArray<IPAddress> addresses, AddressFamily family, out int routable) =>
        AddressOrder.Sort(addresses, Sources, Rotation, family, out routable);
}
