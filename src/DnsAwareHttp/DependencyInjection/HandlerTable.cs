namespace DnsAwareHttp.DependencyInjection;

/// <summary>One handler for each client name, until the table is closed.</summary>
internal sealed class HandlerTable
{
    // No code of the application runs while it is held.
    private readonly Lock _table = new();
    private readonly Dictionary<string, NamedHandler> _handlers = new(StringComparer.Ordinal);
    private bool _closed;

    public bool IsClosed
    {
        get
        {
            lock (_table)
            {
                return _closed;
            }
        }
    }

    public NamedHandler? Find(string name)
    {
        lock (_table)
        {
            return _handlers.GetValueOrDefault(name);
        }
    }

    public NamedHandler[] ToArray()
    {
        lock (_table)
        {
            return [.. _handlers.Values];
        }
    }

    /// <summary>Enters a handler, unless the client has one already.</summary>
    /// <returns>The client's handler, which may be an earlier one; null when the table is closed.</returns>
    public NamedHandler? Enter(NamedHandler made)
    {
        lock (_table)
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
        lock (_table)
        {
            _closed = true;
            NamedHandler[] handlers = [.. _handlers.Values];
            _handlers.Clear();
            return handlers;
        }
    }
}
