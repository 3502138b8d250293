using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Handlers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>
/// The handler of each named client. It and its pools belong to the container, not to the pipeline that the factory rotates.
/// </summary>
internal sealed class NamedHandlers : IDnsAwareHandlers, IDisposable
{
    private readonly DnsAwareClients _clients;
    private readonly IOptionsFactory<DnsAwareOptions> _options;
    private readonly DnsCache _cache;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly IServiceProvider _services;
    private readonly IDisposable[] _changes;
    private readonly HandlerTable _table = new();

    // Clients whose primary handler was kept as it is. The table grows with the names of clients, as the factory's own tables do.
    private readonly ConcurrentDictionary<string, bool> _warned = new(StringComparer.Ordinal);
    private int _changesHeard;

    public NamedHandlers(
        DnsAwareClients clients, IOptionsFactory<DnsAwareOptions> options, IEnumerable<IOptionsChangeTokenSource<DnsAwareOptions>> changes,
        DnsCache cache, ILoggerFactory loggers, IServiceProvider services)
    {
        _clients = clients;
        _options = options;
        _cache = cache;
        _loggers = loggers;
        _logger = BoundedLogger.Create<DnsAwareHandler>(loggers, cache.Clock.Provider);
        _services = services;
        _changes = [.. changes.Select(change => ChangeToken.OnChange(() => TokenOf(change), Refresh, change.Name))];
    }

    public IReadOnlyList<string> ClientNames => [.. _table.ToArray().Select(made => made.Name).Order(StringComparer.Ordinal)];

    public bool TryGetHandler(string clientName, [NotNullWhen(true)] out DnsAwareHandler? handler)
    {
        ArgumentNullException.ThrowIfNull(clientName);
        handler = _table.Find(clientName)?.Handler;
        return handler is not null;
    }

    public DnsAwareHandler GetHandler(string clientName)
    {
        if (TryGetHandler(clientName, out DnsAwareHandler? made))
        {
            return made;
        }

        if (!_clients.FollowsDns(clientName))
        {
            throw new InvalidOperationException(
                $"The HTTP client \"{clientName}\" does not follow DNS; call AddDnsAwareHandler() on its builder.");
        }

        // To make the pipeline makes the handler.
        _ = _services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(clientName);
        return _table.Find(clientName)?.Handler
            ?? throw new InvalidOperationException(
                $"The HTTP client \"{clientName}\" has a primary handler that cannot be wrapped, so it does not follow DNS; see the log.");
    }

    public IReadOnlyDictionary<string, DnsAwareSnapshot> GetSnapshots() =>
        _table.ToArray().ToFrozenDictionary(made => made.Name, made => made.Handler.GetSnapshot());

    /// <summary>The client's handler, made around <paramref name="primary"/> when the client is first used.</summary>
    /// <returns>
    /// Null when the primary handler cannot be wrapped and no call for this client makes it follow DNS: test hosts and stubs are kept as
    /// they are.
    /// </returns>
    /// <exception cref="InvalidOperationException">
    /// The primary handler cannot be wrapped, and a call for this client makes it follow DNS.
    /// </exception>
    public DnsAwareHandler? Get(string name, HttpMessageHandler primary)
    {
        ObjectDisposedException.ThrowIf(_table.IsClosed, typeof(IHttpClientFactory));
        if (_table.Find(name) is NamedHandler made)
        {
            Follow(made, primary);
            return made.Handler;
        }

        if (PrimaryHandlers.FindWrappable(primary) is SocketsHttpHandler wrapped)
        {
            return Make(name, primary, wrapped).Handler;
        }

        if (_clients.FollowsDnsByName(name))
        {
            throw PrimaryHandlers.Refused(name, primary);
        }

        WarnOnce(name, primary);
        return null;
    }

    public void Dispose()
    {
        foreach (NamedHandler made in _table.Close())
        {
            made.Handler.Dispose();
            made.Wrapped.Dispose();
        }

        // Last, because this waits for a refresh that is under way.
        foreach (IDisposable change in _changes)
        {
            change.Dispose();
        }
    }

    // Two threads may make a handler for the same client at the same time. Only one enters the table; the other has sent nothing and is
    // dropped.
    private NamedHandler Make(string name, HttpMessageHandler primary, SocketsHttpHandler wrapped)
    {
        int heard = Volatile.Read(ref _changesHeard);
        HandlerSettings settings = HandlerSettings.Of(wrapped);
        DnsAwareHandler handler = new(wrapped, _options.Create(name), _cache, _loggers);
        NamedHandler made = new(name, handler, primary, settings, _options, _logger);
        NamedHandler? inTable = _table.Enter(made);
        if (inTable is null)
        {
            made.Handler.Dispose();
            throw new ObjectDisposedException(nameof(IHttpClientFactory));
        }

        if (inTable != made)
        {
            Follow(inTable, primary);
        }
        else if (heard != Volatile.Read(ref _changesHeard))
        {
            // A change came after the options were read and before the handler was in the table.
            made.Refresh();
        }

        return inTable;
    }

    // The factory made this primary handler for a rotation. Only its settings are used. The application may also return the same handler
    // each time.
    private void Follow(NamedHandler made, HttpMessageHandler primary)
    {
        if (primary == made.Wrapped)
        {
            return;
        }

        if (PrimaryHandlers.FindWrappable(primary) is SocketsHttpHandler wrappable)
        {
            made.Follow(HandlerSettings.Of(wrappable));
        }
        else
        {
            string problem = PrimaryHandlers.Refused(made.Name, primary).Message;
            Quietly(() => _logger.PrimaryHandlerRefused(made.Name, problem, exception: null));
        }

        try
        {
            primary.Dispose();
        }
        catch (Exception exception)
        {
            Quietly(() => _logger.PrimaryHandlerDisposalThrew(made.Name, primary.GetType(), exception));
        }
    }

    private void WarnOnce(string name, HttpMessageHandler primary)
    {
        if (primary is not DnsAwareHandler && _warned.TryAdd(name, true))
        {
            Quietly(() => _logger.PrimaryHandlerNotWrapped(name, primary.GetType()));
        }
    }

    // Log providers may throw, too.
    private static void Quietly(Action log)
    {
        try
        {
            log();
        }
        catch (Exception)
        {
            // There is no other place for a report.
        }
    }

    // Options for all clients raise changes under the default name.
    private void Refresh(string? changed)
    {
        Interlocked.Increment(ref _changesHeard);
        foreach (NamedHandler made in _table.ToArray())
        {
            if (string.IsNullOrEmpty(changed) || changed == made.Name)
            {
                made.Refresh();
            }
        }
    }

    private IChangeToken? TokenOf(IOptionsChangeTokenSource<DnsAwareOptions> change)
    {
        try
        {
            return change.GetChangeToken();
        }
        catch (Exception exception)
        {
            // The exception must not reach the provider of the configuration, which reported the change. Without a token no further change
            // is heard.
            Quietly(() => _logger.OptionsRefused(change.Name ?? Options.DefaultName, exception.Message, exception));
            return null;
        }
    }
}
