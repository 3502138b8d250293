using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>One handler for each client name, until the table is closed.</summary>
internal sealed class HandlerTable
{
    // No code of the application runs while it is held.
    private readonly OrderedLock _table = new(LockRank.Clients);
    private readonly Dictionary<string, NamedHandler> _handlers = new(StringComparer.Ordinal);
    private bool _closed;

    public bool IsClosed
    {
        get
        {
            using (_table.Enter())
            {
                return _closed;
            }
        }
    }

    public NamedHandler? Find(string name)
    {
        using (_table.Enter())
        {
            return _handlers.GetValueOrDefault(name);
        }
    }

    public NamedHandler[] ToArray()
    {
        using (_table.Enter())
        {
            return [.. _handlers.Values];
        }
    }

    /// <summary>Enters a handler, unless the client has one already.</summary>
    /// <returns>The client's handler, which may be an earlier one; null when the table is closed.</returns>
    public NamedHandler? Enter(NamedHandler made)
    {
        using (_table.Enter())
        {
            if (_closed)
            {
                return null;
            }

            return _handlers.TryAdd(made.Name, made) ? made : _handlers[made.Name];
        }
    }

    /// <summary>Closes the table for good.</summary>
    /// <returns>The handlers that were in it.</returns>
    public NamedHandler[] Close()
    {
        using (_table.Enter())
        {
            _closed = true;
            NamedHandler[] handlers = [.. _handlers.Values];
            _handlers.Clear();
            return handlers;
        }
    }
}
