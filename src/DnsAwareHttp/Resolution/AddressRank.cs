using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace DnsAwareHttp.Resolution;

/// <summary>How well an address suits as a destination (RFC 6724 section 6); the smaller rank is tried first. Pure.</summary>
/// <remarks>
/// Rules 3 (deprecated source), 4 (home address) and 7 (native transport) are not applied: a socket does not report their inputs.
/// Rule 9 is for IPv6 only. Within IPv4 a longer common prefix means nothing outside one subnet, and inside one it would send
/// every client to its numeric neighbour. It looks at the first 64 bits, the rest being the interface's (section 2.2).
/// Without a source address rules 2, 5 and 9 have nothing to compare, and 6 and 8 decide.
/// </remarks>
internal readonly record struct AddressRank : IComparable<AddressRank>
{
    private const int InterfaceStart = 64;

    // One field for each rule, in the order of the rules; smaller is better. Rule 9 never compares IPv4 with IPv6, because no IPv6 prefix
    // has IPv4's precedence. So ranks are a total order, which rule 9 alone does not promise.
    private readonly (bool Unusable, bool ScopeDiffers, bool LabelDiffers, int Dislike, int Scope, int BitsApart) _rules;

    private AddressRank((bool, bool, bool, int, int, int) rules) => _rules = rules;

    /// <summary>Rule 1: there is a source address, hence a route.</summary>
    public bool Usable => !_rules.Unusable;

    /// <param name="destination">The address that might be tried: IPv4 or IPv6, not IPv4-mapped.</param>
    /// <param name="source">The source address for it, or null if there is no route.</param>
    public static AddressRank Of(IPAddress destination, IPAddress? source)
    {
        int scope = AddressScope.Of(destination);
        PolicyTable.Policy policy = PolicyTable.For(destination);
        if (source is null)
        {
            return new AddressRank((true, true, true, -policy.Precedence, scope, InterfaceStart));
        }

        return new AddressRank((
            false,
            AddressScope.Of(source) != scope,
            PolicyTable.For(source).Label != policy.Label,
            -policy.Precedence,
            scope,
            InterfaceStart - CommonPrefix(destination, source)));
    }

    public int CompareTo(AddressRank other) => _rules.CompareTo(other._rules);

    private static int CommonPrefix(IPAddress destination, IPAddress source) =>
        IsIPv6(destination) && IsIPv6(source) ? BitOperations.LeadingZeroCount(Network(destination) ^ Network(source)) : 0;

    private static bool IsIPv6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    private static ulong Network(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        _ = address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(octets);
    }
}
