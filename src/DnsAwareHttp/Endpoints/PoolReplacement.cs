using System.Collections.Immutable;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>
/// Replaces a pool by a new one of the same address, make before break: its peer went silent, or its connections have served enough.
/// </summary>
/// <param name="scope">The origin.</param>
/// <param name="sync">The origin's lock.</param>
/// <param name="roster">The members.</param>
/// <param name="letGo">Lets a replaced pool go. Called under the lock.</param>
/// <param name="recover">Looks after a pool that fails.</param>
internal sealed class PoolReplacement(
    OriginScope scope, OrderedLock sync, EndpointRoster roster, Action<ImmutableArray<Departure>> letGo, Action<EndpointPool> recover)
{
    private readonly Dictionary<EndpointPool, EndpointPool> _successors = [];
    private bool _isClosed;

    /// <summary>Replaces a pool once its successor is connected.</summary>
    public void Begin(EndpointPool pool, DepartureReason reason, string detail)
    {
        EndpointPool successor;
        using (sync.Enter())
        {
            if (_isClosed || _successors.ContainsKey(pool)
                || roster.MakeSuccessor_NeedsLock(pool, wasSilent: reason is DepartureReason.PeerSilent) is not EndpointPool made)
            {
                return;
            }

            _successors[pool] = successor = made;
        }

        Background.Start("the renewal of a pool", scope.Logger, () => ReplaceAsync(new Departure(pool, reason, detail), successor));
    }

    /// <summary>Replaces a pool at once: others take its requests meanwhile.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">Why, for people.</param>
    /// <param name="inheritsHealth">Whether the new pool fails as the old one does. Otherwise it is dialled at once.</param>
    /// <returns>False if it is no member's pool any more.</returns>
    public bool ReplaceNow(EndpointPool pool, DepartureReason reason, string detail, bool inheritsHealth = false)
    {
        EndpointPool successor;
        using (sync.Enter())
        {
            if (_isClosed || roster.MakeSuccessor_NeedsLock(pool, wasSilent: reason is DepartureReason.PeerSilent) is not EndpointPool made)
            {
                return false;
            }

            successor = made;
            if (inheritsHealth)
            {
                successor.InheritHealth(pool);
            }

            Install_NeedsLock(new Departure(pool, reason, detail), successor);
        }

        if (inheritsHealth)
        {
            recover(successor);
        }
        else
        {
            _ = successor.DialAheadAsync();
        }

        return true;
    }

    /// <summary>Replaces no pool any more, and ends the dials of the successors.</summary>
    public void Close_NeedsLock(string detail)
    {
        sync.AssertHeld();
        _isClosed = true;
        foreach (EndpointPool successor in _successors.Values)
        {
            successor.BeginDrain(detail);
        }
    }

    private async Task ReplaceAsync(Departure departure, EndpointPool successor)
    {
        Exception? failure = await successor.DialAheadAsync().ConfigureAwait(false);
        bool takesOver;
        using (sync.Enter())
        {
            _successors.Remove(departure.Pool);
            takesOver = failure is null && !_isClosed && roster.Has_NeedsLock(departure.Pool);
            if (takesOver)
            {
                Install_NeedsLock(departure, successor);
            }
        }

        if (!takesOver)
        {
            // It was never offered to a request.
            successor.BeginDrain("it was not needed");
            _ = successor.CloseHandler();
        }
        else if (departure.Reason is DepartureReason.PeerSilent)
        {
            departure.Pool.AbandonDials();
        }
    }

    private void Install_NeedsLock(Departure departure, EndpointPool successor)
    {
        sync.AssertHeld();
        roster.Replace_NeedsLock(departure.Pool, successor);
        letGo([departure]);
    }
}
