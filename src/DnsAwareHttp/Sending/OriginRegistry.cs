using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Origins;

/// <summary>The open origins of one handler: finds a request's cluster, opens it, and closes those that nobody uses.</summary>
internal sealed class OriginRegistry
{
    /// <summary>More than this many open origins are not kept: a crawler of a million hosts runs flat.</summary>
    public const int DefaultMaxOrigins = 10_000;

    // Not the process id: in containers that is the same in a whole fleet.
    private static readonly int ProcessSeed = Random.Shared.Next();

    private static readonly TimeSpan MaxSweepInterval = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Origin, OriginCluster> _clusters = new();
    private readonly Lock _opening = new();
    private readonly HandlerTemplate _template;
    private readonly ClusterSettings _settings;
    private readonly DialSettings _dialing;
    private readonly UnmanagedSender _unmanaged;
    private readonly RedirectFollower? _redirects;
    private readonly int _maxOrigins;
    private readonly Func<EndpointDialer, HttpMessageHandler>? _makeHandler;
    private readonly bool _speaksHttp3;
    private readonly ITimer _sweep;
    private readonly TimeSpan _sweepInterval;
    private bool _isClosed;
    private OriginRegistry? _successor;

    /// <summary>Makes an empty registry.</summary>
    /// <param name="template">What endpoints' handlers are made from.</param>
    /// <param name="options">Validated options that do not change.</param>
    /// <param name="cache">Where answers come from.</param>
    /// <param name="sendUnmanaged">Hands a request to the wrapped handler.</param>
    /// <param name="random">Where draws come from.</param>
    /// <param name="logger">Where to log.</param>
    /// <param name="maxOrigins">More open origins are not kept unless they are busy.</param>
    /// <param name="makeHandler">Makes something else than the template's handlers, for tests and benchmarks.</param>
    /// <param name="dialing">Dials otherwise than <paramref name="options"/> say, for simulations.</param>
    /// <param name="speaksHttp3">Whether the wrapped handler speaks HTTP/3, for tests where the host does not.</param>
    public OriginRegistry(
        HandlerTemplate template, DnsAwareOptions options, DnsCache cache,
        Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> sendUnmanaged, Random random, ILogger logger,
        int maxOrigins = DefaultMaxOrigins, Func<EndpointDialer, HttpMessageHandler>? makeHandler = null, DialSettings? dialing = null,
        bool? speaksHttp3 = null)
    {
        _speaksHttp3 = speaksHttp3 ?? Http3.IsSupported;
        _maxOrigins = maxOrigins;
        _makeHandler = makeHandler;
        _template = template;
        _unmanaged = new UnmanagedSender(sendUnmanaged);
        SteadyClock clock = cache.Clock;
        _settings = new ClusterSettings(options, Policy(options.Membership, cache, options.MaxEndpointsPerOrigin), cache, new PoolDrainer(clock.Provider, logger), Open, SendHopAsync, random, logger)
        {
            ConnectTimeout = template.ConnectTimeout,
            IdleTimeout = template.PooledConnectionIdleTimeout,
            Rotation = ProcessSeed,
        };
        _dialing = dialing ?? new DialSettings(options.ConnectTimeout, options.ConfigureSocket, clock.Provider);
        _redirects = template.AllowAutoRedirect
            ? new RedirectFollower(template.MaxAutomaticRedirections, template.HasUnboundCredentials)
            : null;
        _sweepInterval = options.OriginIdleTimeout / 4 < MaxSweepInterval ? options.OriginIdleTimeout / 4 : MaxSweepInterval;
        _sweep = Background.CreateTimer(
            clock.Provider, "the sweep of unused origins", logger, this, static registry => registry.CloseUnused(), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    // What goes on across a change of options: one count of unmanaged requests, and one drainer, so that what still drains stays in sight.
    private OriginRegistry(OriginRegistry predecessor, DnsAwareOptions options)
        : this(
            predecessor._template, options, predecessor._settings.Cache, predecessor._unmanaged.SendAsync, predecessor._settings.Random, predecessor._settings.Logger,
            predecessor._maxOrigins, predecessor._makeHandler)
    {
        _unmanaged = predecessor._unmanaged;
        _settings = _settings with { Drainer = predecessor._settings.Drainer, Sources = predecessor._settings.Sources };
    }

    public long UnmanagedRequests => _unmanaged.Count;

    /// <summary>Sends a request and follows its redirects.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        !RefusedRequest.IsCertain(request, async, cancellationToken) && Find(request) is OriginCluster cluster
            ? cluster.SendAsync(request, _redirects, async, cancellationToken)
            : SendUnmanagedAsync(request, async, cancellationToken);

    /// <summary>Closes all origins. Requests under way go on; new ones get an <see cref="ObjectDisposedException"/>.</summary>
    public void Close() => Close("the handler was disposed", successor: null);

    /// <summary>Makes a registry that does the same with other options, with the same origins open: their names stay refreshed.</summary>
    /// <param name="options">Validated options that do not change.</param>
    public OriginRegistry MakeSuccessor(DnsAwareOptions options)
    {
        OriginRegistry successor = new(this, options);
        foreach (Origin origin in _clusters.Keys)
        {
            successor.OpenAgain(origin);
        }

        return successor;
    }

    /// <summary>Closes all origins. Requests under way go on; those that come late go to the successor.</summary>
    public void GiveWayTo(OriginRegistry successor) => Close("the options changed", successor);

    /// <summary>Ends when all drains and background work that have begun are over.</summary>
    public Task WhenDrained() => _settings.Drainer.WhenAllDrained();

    public IEnumerable<OriginSnapshot> Snapshot() => _clusters.Values.OrderBy(cluster => cluster.Origin.ToString(), StringComparer.Ordinal).Select(cluster => cluster.Snapshot());

    private static IMembershipPolicy Policy(MembershipMode mode, DnsCache cache, int maxMembers) => mode switch
    {
        MembershipMode.Strict => new StrictMembership(maxMembers, ProcessSeed),
        MembershipMode.Logical => new LogicalMembership(maxMembers),
        _ => new AdaptiveMembership(maxMembers, ProcessSeed, cache.MaxStale),
    };

    private ClusterSettings SettingsFor(Origin origin)
    {
        MembershipMode mode = _settings.Options.MembershipOf(origin.Host, origin.Port);
        IMembershipPolicy Make(int maxMembers) => Policy(mode, _settings.Cache, maxMembers);
        return _settings with
        {
            Membership = mode == _settings.Options.Membership ? _settings.Membership : Make(_settings.Options.MaxEndpointsPerOrigin),
            MakeMembership = Make,
        };
    }

    private Task<HttpResponseMessage> SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        if (request.RequestUri is Uri next && !Origin.IsSupported(next))
        {
            return Task.FromException<HttpResponseMessage>(RedirectFollower.LeadsNowhere(next));
        }

        return Find(request) is OriginCluster cluster
            ? cluster.SendAsync(request, null, async, cancellationToken)
            : SendUnmanagedAsync(request, async, cancellationToken);
    }

    // Over HTTP/3 nobody could say which address is dialled: a filter that lets it through would be none.
    private Task<HttpResponseMessage> SendUnmanagedAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        _speaksHttp3 && _settings.Options.AddressFilter is not null && request.RequestUri is { IsAbsoluteUri: true } uri && Origin.IsSecureScheme(uri.Scheme) && Http3.IsAllowed(request)
            ? Task.FromException<HttpResponseMessage>(Http3.CannotBeFiltered(uri))
            : _unmanaged.SendAsync(request, async, cancellationToken);

    /// <summary>The cluster of a request; null when the wrapped handler is to have it.</summary>
    private OriginCluster? Find(HttpRequestMessage request)
    {
        if (request.RequestUri is not Uri uri || !Origin.IsSupported(uri))
        {
            return null;
        }

        Uri? proxy = _template.ProxyFor(uri);
        if (proxy is null ? _speaksHttp3 && Origin.IsSecureScheme(uri.Scheme) && Http3.IsAllowed(request) : !PinnedProxy.IsSupported(proxy))
        {
            return null;
        }

        Origin origin = Origin.Of(uri, proxy, _template.HasUnboundCredentials && RedirectFollower.IsAnonymous(request));
        return _clusters.TryGetValue(origin, out OriginCluster? cluster) && cluster.HasEndpoints ? cluster
            : RefusedRequest.IsMalformed(request) ? null
            : cluster ?? (origin.CanBeDialled ? Open(origin) : null);
    }

    private void OpenAgain(Origin origin)
    {
        try
        {
            Open(origin);
        }
        catch (Exception exception)
        {
            // The application's ServiceRecordSelector. The next request to this origin meets the same.
            _settings.Logger.OriginNotOpened(origin.ToString(), exception);
        }
    }

    private OriginCluster Open(Origin origin)
    {
        OriginRegistry registry = this;
        OriginCluster? cluster;
        while (!registry.TryOpen(origin, out cluster))
        {
            // Closed, by disposal or because the options changed while the request was on its way; maybe more than once.
            registry = registry._successor ?? throw new ObjectDisposedException(typeof(DnsAwareHandler).FullName);
        }

        return cluster;
    }

    private bool TryOpen(Origin origin, [NotNullWhen(true)] out OriginCluster? cluster)
    {
        lock (_opening)
        {
            cluster = null;
            if (_isClosed)
            {
                return false;
            }

            if (_clusters.TryGetValue(origin, out cluster) && !cluster.IsClosed)
            {
                return true;
            }

            if (_clusters.IsEmpty)
            {
                _sweep.Change(_sweepInterval, _sweepInterval);
            }
            else if (_clusters.Count >= _maxOrigins)
            {
                CloseLeastRecentlyUsed_NeedsLock();
            }

            cluster = _clusters[origin] = Make(origin);
            return true;
        }
    }

    private void Close(string reason, OriginRegistry? successor)
    {
        lock (_opening)
        {
            _successor = successor;
            _isClosed = true;
            _sweep.Dispose();
        }

        foreach (OriginCluster cluster in _clusters.Values)
        {
            cluster.Close(reason);
        }

        _clusters.Clear();
    }

    private OriginCluster Make(Origin origin)
    {
        IWebProxy? proxy = origin.Proxy is null ? null : new PinnedProxy(origin.Proxy, _template.ProxyCredentials);
        EndpointPoolFactory pools = new(
            origin.DialTarget, _dialing, _makeHandler ?? (dialer => _template.Make(dialer.ConnectAsync, proxy, authenticate: !origin.IsAnonymous, ping: dialer.WasSilent)),
            () => _settings.Clock.Now, _settings.Options.MaxRequestsPerConnection);
        string? service = origin.Proxy is null ? _settings.Options.ServiceOf(origin.Host, origin.Port) : null;
        return new OriginCluster(origin, SettingsFor(origin), pools, _makeHandler is null ? new FailureReporter(_template, proxy) : null, service);
    }

    private void CloseUnused()
    {
        foreach (OriginCluster cluster in _clusters.Values)
        {
            CloseIfUnused(cluster, _settings.Options.OriginIdleTimeout);
        }

        lock (_opening)
        {
            if (_clusters.IsEmpty && !_isClosed)
            {
                // No origin, no timer: a handler that was dropped without disposal can be collected.
                _sweep.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    // A tenth goes at once, so that a full table does not sort itself for each new origin. Those with a request or a connection stay.
    private void CloseLeastRecentlyUsed_NeedsLock()
    {
        foreach (OriginCluster cluster in _clusters.Values.Select(cluster => (cluster, cluster.LastUsed)).OrderBy(pair => pair.LastUsed).Take((_maxOrigins / 10) + 1).Select(pair => pair.cluster).ToArray())
        {
            CloseIfUnused(cluster, TimeSpan.Zero);
        }
    }

    private void CloseIfUnused(OriginCluster cluster, TimeSpan idleTimeout)
    {
        if (cluster.CloseIfUnused(idleTimeout))
        {
            // Only this cluster: a request that found it closed may have opened the next one already.
            _clusters.TryRemove(KeyValuePair.Create(cluster.Origin, cluster));
        }
    }
}
