using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>The entry of a request into a pool that has no place for it any more: it drains, or another request was quicker.</summary>
/// <remarks>
/// A request chooses its endpoint by counts that change at any time. The gate of a pool decides: it gives each place once. A request
/// without a place chooses again, and waits in a queue only while no endpoint has a place.
/// </remarks>
internal static class PoolEntry
{
    /// <summary>
    /// A request chooses again so often. Each time another one was quicker, or a count was old for a moment. Then it waits where it is.
    /// </summary>
    private const int MaxMoves = 32;

    /// <summary>Lets a request in that must wait there, because no other endpoint has a place for it.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="set">The endpoints; null: there is no endpoint now.</param>
    /// <param name="attempts">The attempts so far; null for no attempt.</param>
    /// <param name="stays">Whether the request has a session, and waits at its endpoint.</param>
    /// <param name="moves">How often the request chose again.</param>
    /// <param name="lease">The stay of the request inside.</param>
    public static EntryOutcome EnterFull(
        EndpointPool pool, EndpointSet? set, RequestAttempts? attempts, bool stays, ref int moves, out GateLease lease)
    {
        lease = default;
        if (pool.IsClosed)
        {
            // It began to drain this instant. The set without it was published before.
            return EntryOutcome.ChooseAgain;
        }

        bool mayMove = !stays && moves++ < MaxMoves;
        if (mayMove && set?.HasBeside(pool, attempts?.Pools, static room => room.HasPlace) == true)
        {
            return EntryOutcome.ChooseAgain;
        }

        if (pool.TryEnter(out lease, pool.Room.PlacesToWait))
        {
            return EntryOutcome.Inside;
        }

        bool mayWait = mayMove && (pool.Room.MayWait || set?.HasBeside(pool, attempts?.Pools, static room => room.MayWait) == true);
        return mayWait || pool.IsClosed ? EntryOutcome.ChooseAgain : EntryOutcome.Refused;
    }
}

/// <summary>The outcome of a request's step into a pool.</summary>
internal enum EntryOutcome
{
    /// <summary>It is inside, and has a lease.</summary>
    Inside,

    /// <summary>It chooses another endpoint.</summary>
    ChooseAgain,

    /// <summary>Too many requests wait at each endpoint.</summary>
    Refused,
}
