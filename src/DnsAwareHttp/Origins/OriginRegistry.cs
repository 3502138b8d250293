using System.Collections.Concurrent;
using System.Net;
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
    private readonly Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> _sendUnmanaged;
    private readonly RedirectFollower? _redirects;
    private readonly int _maxOrigins;
    private readonly Func<EndpointDialer, HttpMessageHandler>? _makeHandler;
    private readonly ITimer _sweep;
    private readonly TimeSpan _sweepInterval;
    private bool _isClosed;
    private long _unmanagedRequests;

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
    public OriginRegistry(
        HandlerTemplate template, DnsAwareOptions options, DnsCache cache,
        Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> sendUnmanaged, Random random, ILogger logger,
        int maxOrigins = DefaultMaxOrigins, Func<EndpointDialer, HttpMessageHandler>? makeHandler = null, DialSettings? dialing = null)
    {
        _maxOrigins = maxOrigins;
        _makeHandler = makeHandler;
        _template = template;
        _sendUnmanaged = sendUnmanaged;
        SteadyClock clock = cache.Clock;
        _settings = new ClusterSettings(options, Policy(options.Membership, options, cache), cache, new PoolDrainer(clock.Provider, logger), Open, SendHopAsync, random, logger)
        {
            ConnectTimeout = template.ConnectTimeout,
            IdleTimeout = template.PooledConnectionIdleTimeout,
            Rotation = ProcessSeed,
        };
        _dialing = dialing ?? new DialSettings(options.ConnectTimeout, options.ConfigureSocket, clock.Provider);
        _redirects = template.AllowAutoRedirect
            ? new RedirectFollower(template.MaxAutomaticRedirections, template.PropagatedHeaders)
            : null;
        _sweepInterval = options.OriginIdleTimeout / 4 < MaxSweepInterval ? options.OriginIdleTimeout / 4 : MaxSweepInterval;
        _sweep = Detached.CreateTimer(
            clock.Provider, static state => ((OriginRegistry)state!).CloseUnused(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public long UnmanagedRequests => Volatile.Read(ref _unmanagedRequests);

    /// <summary>Sends a request and follows its redirects.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        !RefusedRequest.IsCertain(request, async, cancellationToken) && Find(request, isRedirected: false) is OriginCluster cluster
            ? cluster.SendAsync(request, _redirects, async, cancellationToken)
            : SendUnmanagedAsync(request, async, cancellationToken);

    /// <summary>Closes all origins. Requests under way go on; new ones get an <see cref="ObjectDisposedException"/>.</summary>
    public void Close()
    {
        lock (_opening)
        {
            _isClosed = true;
            _sweep.Dispose();
        }

        foreach (OriginCluster cluster in _clusters.Values)
        {
            cluster.Close("the handler was disposed");
        }

        _clusters.Clear();
    }

    /// <summary>Ends when all drains and background work that have begun are over.</summary>
    public Task WhenDrained() => _settings.Drainer.WhenAllDrained();

    public IEnumerable<OriginSnapshot> Snapshot() => _clusters.Values.OrderBy(cluster => cluster.Origin.ToString(), StringComparer.Ordinal).Select(cluster => cluster.Snapshot());

    private static IMembershipPolicy Policy(MembershipMode mode, DnsAwareOptions options, DnsCache cache) => mode switch
    {
        MembershipMode.Strict => new StrictMembership(options.MaxEndpointsPerOrigin, ProcessSeed),
        MembershipMode.Logical => new LogicalMembership(options.MaxEndpointsPerOrigin),
        _ => new AdaptiveMembership(options.MaxEndpointsPerOrigin, ProcessSeed, cache.MaxStale),
    };

    private ClusterSettings SettingsFor(Origin origin)
    {
        MembershipMode mode = _settings.Options.MembershipOf(origin.Host, origin.Port);
        return mode == _settings.Options.Membership ? _settings : _settings with { Membership = Policy(mode, _settings.Options, _settings.Cache) };
    }

    private Task<HttpResponseMessage> SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not Uri uri || !Origin.IsSupported(uri))
        {
            return Task.FromException<HttpResponseMessage>(RedirectFollower.LeadsNowhere(request.RequestUri));
        }

        return Find(request, isRedirected: true) is OriginCluster cluster
            ? cluster.SendAsync(request, null, async, cancellationToken)
            : SendUnmanagedAsync(request, async, cancellationToken);
    }

    private Task<HttpResponseMessage> SendUnmanagedAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _unmanagedRequests);
        return _sendUnmanaged(request, async, cancellationToken);
    }

    /// <summary>The cluster of a request; null when the wrapped handler is to have it.</summary>
    private OriginCluster? Find(HttpRequestMessage request, bool isRedirected)
    {
        if (request.RequestUri is not Uri uri || !Origin.IsSupported(uri) || Http3.MayBeUsed(request))
        {
            return null;
        }

        Uri? proxy = _template.ProxyFor(uri);
        if (proxy is not null && !PinnedProxy.IsSupported(proxy))
        {
            return null;
        }

        Origin origin = Origin.Of(uri, proxy, isRedirected && _template.HasUnboundCredentials);
        return _clusters.TryGetValue(origin, out OriginCluster? cluster) && cluster.HasEndpoints ? cluster
            : RefusedRequest.IsMalformed(request) ? null
            : cluster ?? Open(origin);
    }

    private OriginCluster Open(Origin origin)
    {
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(DnsAwareHandler));
            if (_clusters.TryGetValue(origin, out OriginCluster? open) && !open.IsClosed)
            {
                return open;
            }

            if (_clusters.IsEmpty)
            {
                _sweep.Change(_sweepInterval, _sweepInterval);
            }
            else if (_clusters.Count >= _maxOrigins)
            {
                CloseLeastRecentlyUsed_NeedsLock();
            }

            return _clusters[origin] = new OriginCluster(origin, SettingsFor(origin), PoolsOf(origin));
        }
    }

    private EndpointPoolFactory PoolsOf(Origin origin)
    {
        IWebProxy? proxy = origin.Proxy is null ? null : new PinnedProxy(origin.Proxy, _template.ProxyCredentials);
        return new EndpointPoolFactory(
            origin.DialTarget, _dialing, _makeHandler ?? (dialer => _template.Make(dialer.ConnectAsync, proxy, authenticate: !origin.IsAnonymous, ping: dialer.WasSilent)),
            () => _settings.Clock.Now, _settings.Options.MaxRequestsPerConnection);
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
