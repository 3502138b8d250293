using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Sending;

/// <summary>Holds the router of a handler: none before the first request, then one at a time, and none that is made after the
/// end.</summary>
internal sealed class RouterSlot
{
    private readonly OrderedLock _sync = new(LockRank.Handler);
    private volatile RequestRouter? _current;
    private volatile bool _isClosed;

    /// <summary>The router; null before the first request. Each request reads it, without a lock.</summary>
    public RequestRouter? Current => _current;

    /// <summary>The router, made now if there is none.</summary>
    /// <param name="owner">Named by the exception.</param>
    /// <param name="make">Makes the router, under the lock.</param>
    /// <exception cref="ObjectDisposedException">The slot was closed.</exception>
    public RequestRouter GetOrMake(object owner, Func<RequestRouter> make)
    {
        using (_sync.Enter())
        {
            ObjectDisposedException.ThrowIf(_isClosed, owner);
            return _current ??= make();
        }
    }

    /// <summary>Replaces the router by one that does the same in another way.</summary>
    /// <param name="isNeeded">Whether there is something to change.</param>
    /// <param name="makeSuccessor">Called under no lock: filter and selector of the application are asked when origins are opened
    /// again.</param>
    /// <param name="note">Notes the change for a router that is made later. Called under the lock.</param>
    public bool Replace(Func<bool> isNeeded, Func<RequestRouter, RequestRouter> makeSuccessor, Action note)
    {
        while (true)
        {
            RequestRouter? before = _current;
            if (_isClosed || !isNeeded())
            {
                return false;
            }

            RequestRouter? after = before is null ? null : makeSuccessor(before);
            if (TryExchange(before, after, note))
            {
                // After the exchange: a request that still found the old router goes on to the new one.
                before?.GiveWayTo(after!);
                return true;
            }

            // The first request, another change, or the end came in between.
            after?.Discard(before!);
        }
    }

    /// <summary>No router is made from now on.</summary>
    public RequestRouter? Close()
    {
        using (_sync.Enter())
        {
            _isClosed = true;
        }

        return _current;
    }

    private bool TryExchange(RequestRouter? before, RequestRouter? after, Action note)
    {
        using (_sync.Enter())
        {
            if (_isClosed || _current != before)
            {
                return false;
            }

            note();
            _current = after;
            return true;
        }
    }
}
