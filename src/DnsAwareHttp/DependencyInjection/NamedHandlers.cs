using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>The handler of each named client. It belongs to the container, not to the pipeline that the factory rotates: so do its pools.</summary>
/// <remarks>
/// Options come from their factory, not from the monitor: both hear of a change at the same time, in either order, and here it must not be the monitor's old ones that are read.
/// </remarks>
internal sealed class NamedHandlers : IDisposable
{
    private readonly bool _all;
    private readonly HashSet<string> _names;
    private readonly IOptionsFactory<DnsAwareOptions> _options;
    private readonly DnsCache _cache;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Dictionary<string, (DnsAwareHandler Handler, HttpMessageHandler Wrapped)> _handlers = [];
    private readonly Lock _making = new();
    private readonly IDisposable[] _changes;
    private bool _disposed;

    public NamedHandlers(
        IEnumerable<DnsAwareClient> clients, IOptionsFactory<DnsAwareOptions> options, IEnumerable<IOptionsChangeTokenSource<DnsAwareOptions>> changes, DnsCache cache,
        ILoggerFactory loggers)
    {
        DnsAwareClient[] all = [.. clients];
        _all = Array.Exists(all, client => client.Name is null);
        _names = [.. all.Select(client => client.Name).OfType<string>()];
        _options = options;
        _cache = cache;
        _loggers = loggers;
        _logger = GuardedLogger.Create<DnsAwareHandler>(loggers);
        _changes = [.. changes.Select(change => ChangeToken.OnChange(change.GetChangeToken, Refresh, change.Name))];
    }

    /// <summary>Whether a client follows DNS.</summary>
    public bool Has(string name) => _all || _names.Contains(name);

    /// <summary>The client's handler, made around <paramref name="primary"/> when the client is first used.</summary>
    /// <exception cref="InvalidOperationException">The primary handler is not a <see cref="SocketsHttpHandler"/>.</exception>
    public DnsAwareHandler Get(string name, HttpMessageHandler primary)
    {
        lock (_making)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IHttpClientFactory));
            if (_handlers.TryGetValue(name, out (DnsAwareHandler Handler, HttpMessageHandler Wrapped) made))
            {
                if (primary != made.Wrapped)
                {
                    // The factory made this one for a rotation that is none.
                    primary.Dispose();
                }

                return made.Handler;
            }

            SocketsHttpHandler wrapped = primary as SocketsHttpHandler ?? throw new InvalidOperationException(
                $"The HTTP client \"{name}\" has a primary handler of type {primary.GetType()}, but AddDnsAwareHandler needs a SocketsHttpHandler, for that is what its pools are made from. "
                + "Call UseSocketsHttpHandler() on the client's builder, or ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { … }).");
            DnsAwareHandler handler = new(wrapped, _options.Create(name), _cache, _loggers);
            _handlers[name] = (handler, wrapped);
            return handler;
        }
    }

    public void Dispose()
    {
        // Without the lock: this waits for a refresh that is under way.
        foreach (IDisposable change in _changes)
        {
            change.Dispose();
        }

        DnsAwareHandler[] disposing;
        lock (_making)
        {
            _disposed = true;
            disposing = [.. _handlers.Values.Select(made => made.Handler)];
            _handlers.Clear();
        }

        foreach (DnsAwareHandler handler in disposing)
        {
            handler.Dispose();
        }
    }

    // What configures all clients tells its changes under the default name.
    private void Refresh(string? changed)
    {
        lock (_making)
        {
            foreach ((string name, (DnsAwareHandler handler, _)) in _handlers.ToArray())
            {
                if (string.IsNullOrEmpty(changed) || changed == name)
                {
                    Refresh_NeedsLock(name, handler);
                }
            }
        }
    }

    // Read and applied under one lock: of two changes at a time the later one has the last word.
    private void Refresh_NeedsLock(string name, DnsAwareHandler handler)
    {
        try
        {
            if (handler.Apply(_options.Create(name)))
            {
                _logger.OptionsChanged(name);
            }
        }
        catch (Exception exception)
        {
            _logger.OptionsRefused(name, exception.Message, exception);
        }
    }
}
