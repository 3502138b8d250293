using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>The handler of each named client. It belongs to the container, not to the pipeline that the factory rotates: so do its pools.</summary>
internal sealed class NamedHandlers(IEnumerable<DnsAwareClient> clients, IOptionsMonitor<DnsAwareOptions> options, DnsCache cache, ILoggerFactory loggers) : IDisposable
{
    private readonly bool _all = clients.Any(client => client.Name is null);
    private readonly HashSet<string> _names = [.. clients.Select(client => client.Name).OfType<string>()];
    private readonly Dictionary<string, DnsAwareHandler> _handlers = [];
    private readonly Lock _making = new();
    private bool _disposed;

    /// <summary>Whether a client follows DNS.</summary>
    public bool Has(string name) => _all || _names.Contains(name);

    /// <summary>The client's handler, made around <paramref name="primary"/> when the client is first used.</summary>
    /// <exception cref="InvalidOperationException">The primary handler is not a <see cref="SocketsHttpHandler"/>.</exception>
    public DnsAwareHandler Get(string name, HttpMessageHandler primary)
    {
        lock (_making)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IHttpClientFactory));
            if (_handlers.TryGetValue(name, out DnsAwareHandler? made))
            {
                // The factory made this one for a rotation that is none.
                primary.Dispose();
                return made;
            }

            SocketsHttpHandler wrapped = primary as SocketsHttpHandler ?? throw new InvalidOperationException(
                $"The HTTP client \"{name}\" has a primary handler of type {primary.GetType()}, but AddDnsAwareHandler needs a SocketsHttpHandler, for that is what its pools are made from. "
                + "Call UseSocketsHttpHandler() on the client's builder, or ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { … }).");
            return _handlers[name] = new DnsAwareHandler(wrapped, options.Get(name), cache, loggers);
        }
    }

    public void Dispose()
    {
        DnsAwareHandler[] disposing;
        lock (_making)
        {
            _disposed = true;
            disposing = [.. _handlers.Values];
            _handlers.Clear();
        }

        foreach (DnsAwareHandler handler in disposing)
        {
            handler.Dispose();
        }
    }
}
