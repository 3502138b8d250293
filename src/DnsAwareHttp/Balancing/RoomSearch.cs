using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Finds the endpoint of a request whose picked endpoint has no room.</summary>
/// <remarks>
/// <para>No request waits while an endpoint has room. The endpoint that is passed over is dialled in the background where that is worth a
/// connection: for the first time, while requests overlap, or if it is picked often. Sparse requests stay on the connections that are
/// open.</para>
/// <para>If no endpoint has room, the picked endpoint opens a connection, or else another one that may. If all are full, the endpoint with
/// the least load has the request in its queue.</para>
/// </remarks>
internal static class RoomSearch
{
    /// <summary>More picks than this are in vain only while most endpoints have no room. Picks respect weights and loads.</summary>
    private const int MaxPicks = 2;

    /// <param name="set">The endpoints.</param>
    /// <param name="picked">The picker's choice, which has no room.</param>
    /// <param name="random">The source of random numbers.</param>
    public static EndpointPool Find(EndpointSet set, EndpointPool picked, Random random)
    {
        if (set.Picker.IsSticky && picked.Health.State is EndpointState.Ready && picked.Room.CanGrow)
        {
            return picked;
        }

        if (WithRoom(set, picked, random) is EndpointPool other)
        {
            PassOver(picked, other);
            return other;
        }

        return Opening(set, picked) ?? First(set, 0, static pool => pool.Room.IsFree)
            ?? OfNextPriority(set, static room => room.HasPlace) ?? LeastLoaded(set);
    }

    // An endpoint that fails at once always has room. That attracts no request that another one can take.
    private static EndpointPool? WithRoom(EndpointSet set, EndpointPool picked, Random random)
    {
        Func<EndpointPool, bool> hasRoom = picked.IsPressed
            ? static pool => pool.Room.IsFree
            : static pool => !pool.IsPressed && pool.Room.IsFree;
        for (int pick = 0; pick < MaxPicks && !set.Picker.IsSticky; pick++)
        {
            EndpointPool next = set.Picker.Pick();
            if (hasRoom(next))
            {
                return next;
            }

            DialIfNew(next);
        }

        return First(set, random.Next(set.Preferred.Length), hasRoom);
    }

    /// <summary>An endpoint that opens a connection for the request.</summary>
    private static EndpointPool? Opening(EndpointSet set, EndpointPool picked)
    {
        int start = Math.Max(set.Preferred.IndexOf(picked), 0);
        if (picked.Health.State is not EndpointState.Ready
            && (First(set, start, MayTakeOver(picked)) ?? OfNextPriority(set, static room => room.IsFree)) is EndpointPool connected)
        {
            // Make before break: no request waits for the first connection to an address while the queue of another one moves.
            _ = picked.DialUnlessIdleAsync();
            return connected;
        }

        return First(set, start, static pool => pool.Room.CanGrow);
    }

    // A place among a limited number of connections is worth the wait for a connection to an idle endpoint, but not to one that is late.
    private static Func<EndpointPool, bool> MayTakeOver(EndpointPool picked)
    {
        bool isLate = picked.Health.State is not EndpointState.Idle;
        return pool => pool.IsConnected && pool.Room.CanGrow && (isLate || !pool.Room.IsBounded);
    }

    private static void PassOver(EndpointPool picked, EndpointPool other)
    {
        DialIfNew(picked);
        if (picked.Room.CanGrow && (other.ActiveRequests > 0 || picked.Room.IsPassedOverOften()))
        {
            _ = picked.DialUnlessIdleAsync();
        }
    }

    private static void DialIfNew(EndpointPool pool)
    {
        if (pool.Health.State is not EndpointState.Ready)
        {
            _ = pool.DialUnlessIdleAsync();
        }
    }

    private static EndpointPool? First(EndpointSet set, int start, Func<EndpointPool, bool> condition)
    {
        for (int step = 0; step < set.Preferred.Length; step++)
        {
            EndpointPool pool = set.Preferred[(start + step) % set.Preferred.Length];
            if (condition(pool))
            {
                return pool;
            }
        }

        return null;
    }

    private static EndpointPool? OfNextPriority(EndpointSet set, Func<PoolRoom, bool> condition)
    {
        foreach (EndpointPool pool in set.Overflow)
        {
            if (condition(pool.Room))
            {
                return pool;
            }
        }

        return null;
    }

    private static EndpointPool LeastLoaded(EndpointSet set)
    {
        EndpointPool least = set.Preferred[0];
        foreach (EndpointPool pool in set.Preferred)
        {
            least = pool.Load < least.Load ? pool : least;
        }

        return least;
    }
}
