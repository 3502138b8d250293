using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp;

/// <summary>
/// Follows DNS: sends each request to one of the present addresses of its host. Each address has its own pool of connections. When an
/// address leaves DNS, traffic moves first. Then its connections drain without losing a request.
/// </summary>
/// <remarks>
/// <para>A drop-in around <see cref="SocketsHttpHandler"/>: each pool has a handler with the settings of the wrapped handler, which are
/// read at the first request. The request is sent as it is: URI, <c>Host</c>, SNI, cookies and telemetry see the name. Limits such as
/// <see cref="SocketsHttpHandler.MaxConnectionsPerServer"/> hold for each address. Where a proxy is used, the proxy's own name is
/// followed.</para>
/// <para>All members are safe for concurrent use. Disposal closes idle connections; responses under way complete. A handler that is dropped
/// without disposal is collected like a <see cref="SocketsHttpHandler"/>.</para>
/// </remarks>
public sealed class DnsAwareHandler : DelegatingHandler
{
    /// <summary>
    /// The key of a <see cref="DrainSignal"/> in <see cref="HttpRequestMessage.Options"/>: it tells when the request's endpoint begins to
    /// drain.
    /// </summary>
    public static readonly HttpRequestOptionsKey<DrainSignal> DrainSignalKey = new("DnsAwareHttp.DrainSignal");

    /// <summary>The key of a <see cref="RequestTrace"/>, which tells where a request went.</summary>
    public static readonly HttpRequestOptionsKey<RequestTrace> TraceKey = new("DnsAwareHttp.Trace");

    /// <summary>
    /// The key of a session in <see cref="HttpRequestMessage.Options"/>: requests of one session go to one endpoint, if
    /// <see cref="DnsAwareOptions.SessionAffinity"/> is set.
    /// </summary>
    public static readonly HttpRequestOptionsKey<string> SessionKey = new("DnsAwareHttp.Session");

    private readonly DnsCache _cache;
    private readonly bool _ownsCache;
    private readonly ILogger _logger;
    private readonly RouterSlot _router = new();
    private volatile DnsAwareOptions _options;
    private readonly ChangeJournal _journal = new();
    private HandlerSettings? _replacement;

    /// <summary>Wraps a new <see cref="SocketsHttpHandler"/>, with default options and a <see cref="DnsCache"/> of its own.</summary>
    public DnsAwareHandler()
        : this(new SocketsHttpHandler())
    {
    }

    /// <summary>Wraps a handler.</summary>
    /// <param name="innerHandler">
    /// Its settings are read at the first request. From then on its setters throw, as after a request of its own. No request is sent
    /// through it: each pool has a handler with these settings, and so have the requests that cannot be managed (HTTP/3). It is disposed
    /// with this handler.
    /// </param>
    /// <param name="options">Null for the defaults. Copied: later changes to the object have no effect.</param>
    /// <param name="cache">Resolves names; shared and not disposed. Null for a cache of its own.</param>
    /// <param name="loggerFactory">Makes the logger of the category <c>DnsAwareHttp.DnsAwareHandler</c>; null for no log.</param>
    /// <exception cref="ArgumentException">The handler has a <see cref="SocketsHttpHandler.ConnectCallback"/>.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are out of range; all are listed.</exception>
    public DnsAwareHandler(
        SocketsHttpHandler innerHandler, DnsAwareOptions? options = null, DnsCache? cache = null, ILoggerFactory? loggerFactory = null)
        : base(innerHandler ?? throw new ArgumentNullException(nameof(innerHandler)))
    {
        if (innerHandler.ConnectCallback is not null)
        {
            throw new ArgumentException(WrappedHandler.ConnectCallbackMessage, nameof(innerHandler));
        }

        options ??= new DnsAwareOptions();
        DnsAwareOptionsValidator.ThrowIfInvalid(options);
        WrappedHandler.HideFromGrpc(innerHandler);
        _options = options.Snapshot();
        _ownsCache = cache is null;
        _cache = cache ?? new DnsCache(null, null, null, loggerFactory, innerHandler.MeterFactory);
        _logger = BoundedLogger.Create<DnsAwareHandler>(loggerFactory ?? NullLoggerFactory.Instance, _cache.Clock.Provider);
    }

    /// <summary>Whether requests of one session go to one endpoint.</summary>
    internal bool KeepsSessions => _options.SessionAffinity is not null;

    /// <summary>
    /// The changes from now on: endpoints that join, leave, drain, fail and recover, and the answers of DNS. Each enumeration is a reader
    /// of its own and ends when the handler is disposed.
    /// </summary>
    /// <remarks>
    /// A reader that falls behind by more than 1,024 changes loses the oldest ones; <see cref="DnsAwareChange.Missed"/> counts them.
    /// Readers never delay the handler or each other. An enumeration does not keep a handler alive that the application dropped.
    /// </remarks>
    public IAsyncEnumerable<DnsAwareChange> Changes => _journal;

    /// <summary>The state of the handler at this moment.</summary>
    public DnsAwareSnapshot GetSnapshot()
    {
        RequestRouter? router = _router.Current;
        return new DnsAwareSnapshot
        {
            TakenAt = _cache.Clock.Now,
            Origins = router?.Snapshot() ?? [],
            PassThroughRequests = router?.PassThroughRequests ?? 0,
            Changes = _journal.Latest(_cache.Clock.Now),
        };
    }

    /// <summary>Prepares an origin for its first requests: resolves its name and connects to each of its addresses.</summary>
    /// <param name="origin">An absolute URI. Scheme, host and port count; the rest is ignored.</param>
    /// <param name="cancellationToken">Ends the wait. What has begun goes on.</param>
    /// <returns>Ends when each address is connected, or cannot be. It is a success if one is.</returns>
    /// <remarks>
    /// With a <see cref="DnsAwareOptions.Probe"/>, each connection is opened by a probe, its TLS handshake included. Without one, sockets
    /// are connected and wait 3 s for requests.
    /// </remarks>
    /// <exception cref="ArgumentException">The URI is not absolute.</exception>
    /// <exception cref="HttpRequestException">The name has no address, or no address can be connected to. All are listed.</exception>
    /// <exception cref="NotSupportedException">Requests to the origin are not managed.</exception>
    /// <exception cref="ObjectDisposedException">The handler was disposed.</exception>
    public Task WarmUpAsync(Uri origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return origin.IsAbsoluteUri
            ? (_router.Current ?? Start()).WarmUpAsync(origin, cancellationToken)
            : throw new ArgumentException($"\"{origin}\" is not absolute; give one such as https://api.example.com.", nameof(origin));
    }

    /// <summary>
    /// Takes other options and fails no request for it. New connections follow them. Open connections end with their last response.
    /// </summary>
    /// <returns>Whether a value has changed. If not, nothing happens.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are out of range; earlier ones stay.</exception>
    internal bool Apply(DnsAwareOptions options)
    {
        DnsAwareOptionsValidator.ThrowIfInvalid(options);
        options = options.Snapshot();
        return _router.Replace(() => !_options.IsSameAs(options), router => router.MakeSuccessor(options), () => _options = options);
    }

    /// <summary>
    /// Takes other settings than those of the wrapped handler, and fails no request for it. New connections have them. Open connections end
    /// with their last response.
    /// </summary>
    /// <exception cref="InvalidOperationException">The settings cannot be honoured. The earlier ones stay.</exception>
    internal void Apply(HandlerSettings settings)
    {
        WrappedHandler.ThrowIfUnusable(settings.HasConnectCallback);
        _router.Replace(static () => true, router => router.MakeSuccessor(settings), () => _replacement = settings);
    }

    /// <summary>Ends when all drains that have begun are over.</summary>
    internal Task WhenDrained() => _router.Current?.WhenDrained() ?? Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (_router.Current ?? Start()).SendAsync(request, async: true, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);

        // Every wait was on this thread, so the task is complete.
        return (_router.Current ?? Start()).SendAsync(request, async: false, cancellationToken).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            RequestRouter? router = _router.Close();
            router?.Close();
            router?.PassThrough.Dispose();
            _journal.Close();
            if (_ownsCache)
            {
                _cache.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private RequestRouter Start()
    {
        // Under no lock: a meter factory, and the listeners of its meters, are code of the application.
        DnsAwareMetrics metrics = DnsAwareMetrics.Of(WrappedHandler.MeterFactoryOf(InnerHandler, _replacement));
        return _router.GetOrMake(this, () => MakeRouter(metrics));
    }

    private RequestRouter MakeRouter(DnsAwareMetrics metrics)
    {
        SocketsHttpHandler wrapped = TakeInnerHandler();
        WrappedHandler.ThrowIfUnusable(wrapped.ConnectCallback is not null);
        HandlerTemplate template = _replacement?.ToTemplate() ?? HandlerTemplate.ReadFrom(wrapped);
        SettingsFreeze.Freeze(wrapped);
        RouterSettings settings = new(template, _options, _cache, PassThrough.Over(template), Random.Shared, _logger) { Metrics = metrics };
        return new RequestRouter(settings.NotingIn(_journal));
    }

    // Other code may have replaced the wrapped handler. Only the settings of a SocketsHttpHandler can be used in its place.
    private SocketsHttpHandler TakeInnerHandler()
    {
        SocketsHttpHandler found = WrappedHandler.Of(InnerHandler!);
        WrappedHandler.HideFromGrpc(found);

        // Sends nothing, because it is cancelled. From now on the base class refuses a new InnerHandler, as after a request of its own.
        using HttpRequestMessage unsent = new();
        _ = base.SendAsync(unsent, new CancellationToken(canceled: true));
        return found;
    }
}
