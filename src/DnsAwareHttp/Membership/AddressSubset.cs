using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The part of a large set that one process uses.</summary>
/// <remarks>Rendezvous hashing chooses it. The part stays when other addresses come and go. A fleet spreads evenly over the set.</remarks>
internal static class AddressSubset
{
    /// <summary>All of <paramref name="addresses"/> if they are few enough, else <paramref name="max"/> of them, in their order.</summary>
    public static ImmutableArray<IPAddress> Of(ImmutableArray<IPAddress> addresses, int max, int seed)
    {
        if (addresses.Length <= max)
        {
            return addresses;
        }

        HashSet<IPAddress> chosen = [.. addresses.OrderBy(address => Weight(address, seed)).Take(max)];
        return [.. addresses.Where(chosen.Contains)];
    }

    private static ulong Weight(IPAddress address, int seed)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out int length);

        // FNV-1a, then the finaliser of splitmix64: neighbouring addresses and seeds must not get neighbouring weights.
        ulong hash = 14695981039346656037UL ^ (uint)seed;
        foreach (byte octet in bytes[..length])
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9UL;
        hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebUL;
        return hash ^ (hash >> 31);
    }
}
