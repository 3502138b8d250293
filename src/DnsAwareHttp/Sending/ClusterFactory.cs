using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Services;

namespace DnsAwareHttp.Sending;

/// <summary>Makes the clusters of one handler.</summary>
/// <param name="settings">The parts of the router.</param>
/// <param name="routes">The ways of a request out of its cluster.</param>
internal sealed class ClusterFactory(RouterSettings settings, IRequestRoutes routes)
{
    private readonly DnsAwareOptions _options = settings.Options;
    private readonly SteadyClock _clock = settings.Cache.Clock;
    private readonly ConnectionRace _race = new(settings.Options.ConnectAttemptDelay, settings.Cache.Clock.Provider);
    private readonly DialSettings _dialing = settings.Dialing
        ?? new DialSettings(settings.Options.ConnectTimeout, settings.Options.ConfigureSocket, settings.Cache.Clock.Provider)
        {
            AttemptDelay = settings.Options.ConnectAttemptDelay,
        };

    /// <summary>The samples of all clusters.</summary>
    public SampleTimer Samples { get; } = new(settings.Cache.Clock, settings.Logger);

    private readonly PoolLimits _limits = new()
    {
        MaxConnections = settings.Template.MaxConnectionsPerServer,
        MultipleHttp2Connections = settings.Template.EnableMultipleHttp2Connections,
        MaxPendingRequests = settings.Options.MaxPendingRequestsPerEndpoint,
        MaxRequestsPerConnection = settings.Options.MaxRequestsPerConnection,
    };

    /// <summary>
    /// The service whose SRV records locate an origin; null: the origin is at its own host and port. Asks the application: the caller holds
    /// no lock.
    /// </summary>
    public string? ServiceOf(Origin origin)
    {
        if (origin.Proxy is null)
        {
            return _options.ServiceOf(origin.Host, origin.Port);
        }

        // IWebProxy.Credentials is code of the application. It is read once, here: Make runs under a lock.
        _ = settings.Template.ProxyCredentials;
        return null;
    }

    /// <summary>Makes a cluster that has not started. Calls no code of the application.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="service">The result of <see cref="ServiceOf"/>.</param>
    public OriginCluster Make(Origin origin, string? service)
    {
        IWebProxy? proxy = origin.Proxy is null ? null : new PinnedProxy(origin.Proxy, settings.Template.ProxyCredentials);
        OriginScope scope = ScopeOf(origin);
        EndpointPoolFactory pools = PoolsOf(origin, proxy, scope.Metrics);
        IMembershipPolicy MakePolicy(int maxMembers) => Policy(_options.MembershipOf(origin.Host, origin.Port), maxMembers);
        IOriginEndpoints endpoints = service is null
            ? new NameEndpoints(scope, MakePolicy(_options.MaxEndpointsPerOrigin), settings.Cache, pools)
            : new ServiceEndpoints(service, scope, MakePolicy, settings.Cache, pools);
        FailureReporter? failures = settings.MakeHandler is null ? new FailureReporter(settings.Template, proxy) : null;
        OriginUsage usage = new(_clock.Now, scope.Metrics, _clock.Provider);
        EndpointWait wait = new(origin, endpoints, usage, _race, settings.Template.ConnectTimeout, _clock.Provider, failures);
        OutlierWatch? outliers = _options.OutlierDetection.Enabled ? new OutlierWatch(scope, () => endpoints.Current) : null;
        OutcomeReport? outcomes = outliers is null ? null : new OutcomeReport(scope, outliers);
        RequestSender sender = new(origin, scope, endpoints, wait, routes, SessionsOf(origin), outcomes);
        return new OriginCluster(origin, scope, endpoints, sender, usage, outliers, Samples);
    }

    private OriginSessions? SessionsOf(Origin origin) =>
        _options.SessionAffinity is SessionAffinityOptions affinity
            ? new OriginSessions(origin, new SessionReader(affinity, settings.Template.Cookies), settings.Sessions, affinity.MaxSessions)
            : null;

    private OriginScope ScopeOf(Origin origin)
    {
        PoolOwner owner = new(origin.ToString(), origin.Host, origin.Port)
        {
            IsAnonymous = origin.IsAnonymous,
            Metrics = settings.Metrics.OriginOf(origin.Host, origin.Port),
        };
        return new OriginScope(owner, _options, _clock, settings.Drainer, settings.Random, settings.Logger)
        {
            IdleTimeout = settings.Template.PooledConnectionIdleTimeout,
            Lateness = settings.Cache.Lateness,
            Order = settings.Order,
        };
    }

    private EndpointPoolFactory PoolsOf(Origin origin, IWebProxy? proxy, OriginMetrics metrics) => new(
        origin.DialTarget,
        _dialing,
        settings.MakeHandler
            ?? (dialer => settings.Template.Make(
                dialer.ConnectAsync, proxy, authenticate: !origin.IsAnonymous, ping: dialer.WasSilent, dialer.Streams.Http2.Watch,
                dialer.Handshakes.End)),
        () => _clock.Now,
        _limits with
        {
            AwaitsProbe = _options.Probe is { WarmUp: true } && proxy is null,
            Clock = _options.LoadBalancing is LoadBalancingPolicy.PeakEwma ? new RequestClock(_clock.Provider) : null,
        })
    {
        BeginsWithTls = origin.IsSecure,
        MeasuresHandshakes = origin.IsSecure && proxy is null, // After a handshake with a proxy comes more than HTTP.
        Metrics = metrics,
        AddressTags = _options.AddressTags,
    };

    private IMembershipPolicy Policy(MembershipMode mode, int maxMembers) => mode switch
    {
        MembershipMode.Strict => new StrictMembership(maxMembers, ProcessSeed.Value),
        MembershipMode.Logical => new LogicalMembership(maxMembers),
        _ => new AdaptiveMembership(maxMembers, ProcessSeed.Value, settings.Cache.MaxStale),
    };
}
