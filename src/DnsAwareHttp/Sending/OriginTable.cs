using System.Numerics;
using System.Runtime.InteropServices;

namespace DnsAwareHttp.Sending;

/// <summary>Finds the cluster of nearly each request by a hash that is cheaper than that of a dictionary.</summary>
/// <remarks>
/// Readers take no lock. Writers hold the registry's lock. An origin has a few slots; if other origins have them, it is not in the table,
/// and its requests look into the registry's dictionary. Nothing moves while requests flow, so more origins than slots do not push each
/// other out. The hash can be foreseen: names that were made to collide lose the table, and no more.
/// </remarks>
internal sealed class OriginTable
{
    /// <summary>They share a cache line.</summary>
    private const int SlotsOfOrigin = 4;

    private const int MinSlots = 8;
    private const int MaxSlots = 8192;

    private volatile OriginCluster?[] _slots = new OriginCluster?[MinSlots];
    private int _count;

    /// <summary>The cluster of an origin; null: it is not in the table.</summary>
    public OriginCluster? Find(in Origin origin)
    {
        OriginCluster?[] slots = _slots;
        int at = FirstSlot(origin, slots);
        for (int i = at; i < at + SlotsOfOrigin; i++)
        {
            if (Volatile.Read(ref slots[i]) is OriginCluster cluster && IsSame(cluster.Origin, origin))
            {
                return cluster;
            }
        }

        return null;
    }

    /// <summary>Adds a cluster in the place of an earlier one of its origin. With many origins there may be no slot for it.</summary>
    public void Add(OriginCluster cluster)
    {
        if (_count >= _slots.Length / 2 && _slots.Length < MaxSlots)
        {
            Grow();
        }

        if (TryPut(cluster, _slots))
        {
            _count++;
        }
    }

    public void Remove(OriginCluster cluster)
    {
        foreach (ref OriginCluster? slot in SlotsOf(cluster.Origin, _slots))
        {
            if (slot == cluster)
            {
                Volatile.Write(ref slot, null);
                _count--;
            }
        }
    }

    public void Clear() => (_slots, _count) = (new OriginCluster?[MinSlots], 0);

    private void Grow()
    {
        OriginCluster?[] slots = new OriginCluster?[_slots.Length * 2];
        _count = _slots.Count(cluster => cluster is not null && TryPut(cluster, slots));
        _slots = slots;
    }

    private static bool TryPut(OriginCluster cluster, OriginCluster?[] slots)
    {
        Span<OriginCluster?> own = SlotsOf(cluster.Origin, slots);
        foreach (ref OriginCluster? slot in own)
        {
            if (slot is not null && IsSame(slot.Origin, cluster.Origin))
            {
                Volatile.Write(ref slot, cluster);
                return false;
            }
        }

        int free = own.IndexOf((OriginCluster?)null);
        if (free >= 0)
        {
            Volatile.Write(ref own[free], cluster);
        }

        return free >= 0;
    }

    private static Span<OriginCluster?> SlotsOf(in Origin origin, OriginCluster?[] slots) =>
        slots.AsSpan(FirstSlot(origin, slots), SlotsOfOrigin);

    // In the order of what differs most often.
    private static bool IsSame(in Origin one, in Origin other) =>
        one.Port == other.Port && one.IsSecure == other.IsSecure && one.IsAnonymous == other.IsAnonymous
        && string.Equals(one.Host, other.Host, StringComparison.Ordinal)
        && (ReferenceEquals(one.Proxy, other.Proxy) || one == other);

    private static int FirstSlot(in Origin origin, OriginCluster?[] slots)
    {
        ReadOnlySpan<char> host = origin.Host;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<char, ulong>(host);
        ulong hash = (uint)origin.Port;
        foreach (ulong word in words)
        {
            hash = (BitOperations.RotateLeft(hash, 5) ^ word) * 0x9E3779B97F4A7C15;
        }

        foreach (char rest in host[(words.Length * 4)..])
        {
            hash = (BitOperations.RotateLeft(hash, 5) ^ rest) * 0x9E3779B97F4A7C15;
        }

        return (int)(hash >> 32) & (slots.Length - SlotsOfOrigin);
    }
}
