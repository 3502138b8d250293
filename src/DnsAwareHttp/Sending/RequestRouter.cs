using System.Collections.Immutable;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Decides for each request which origin, which proxy, and whether the library manages it at all.</summary>
internal sealed class RequestRouter : IRequestRoutes
{
    private readonly RouterSettings _settings;
    private readonly HandlerTemplate _template;
    private readonly OriginRegistry _origins;
    private readonly RedirectFollower? _redirects;

    public RequestRouter(RouterSettings settings)
    {
        _settings = settings;
        _template = settings.Template;
        _origins = new OriginRegistry(
            new ClusterFactory(settings, this), settings.Options.MaxOrigins, settings.Options.OriginIdleTimeout,
            settings.Cache.Clock.Provider, settings.Logger);
        settings.Metrics.Observe(_origins);
        settings.Metrics.Observe(settings.Drainer);
        _redirects = _template.AllowAutoRedirect
            ? new RedirectFollower(_template.MaxAutomaticRedirections, _template.HasUnboundCredentials)
            : null;
    }

    public long PassThroughRequests => PassThrough.Count;

    /// <summary>Sends what cannot be managed. Its owner disposes it: routers share it.</summary>
    public PassThrough PassThrough => _settings.PassThrough;

    /// <summary>Sends a request and follows its redirects.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        ProxyChoice? choice = null;
        return !RefusedRequest.IsRefusedOutright(request, async, cancellationToken) && Find(request, out choice) is OriginCluster cluster
            ? cluster.SendAsync(request, _redirects, async, cancellationToken)
            : PassThroughAsync(request, choice, async, cancellationToken);
    }

    public Task<HttpResponseMessage> SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        if (request.RequestUri is Uri next && !Origin.IsSupported(next))
        {
            return Task.FromException<HttpResponseMessage>(RedirectFollower.LeadsNowhere(next));
        }

        return Find(request, out ProxyChoice? choice) is OriginCluster cluster
            ? cluster.SendAsync(request, null, async, cancellationToken)
            : PassThroughAsync(request, choice, async, cancellationToken);
    }

    /// <summary>Prepares an origin for its first requests.</summary>
    /// <exception cref="NotSupportedException">The library does not manage such requests.</exception>
    /// <inheritdoc cref="OriginWarmUp.RunAsync"/>
    public Task WarmUpAsync(Uri origin, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, origin);
        return Find(request, out _) is OriginCluster cluster
            ? cluster.WarmUpAsync(cancellationToken)
            : throw new NotSupportedException($"{origin} cannot be warmed up: its requests are sent as if without this library.");
    }

    public OriginCluster Reopen(Origin origin) => _origins.Open(origin);

    /// <summary>
    /// Makes a router that does the same with other options, with the same origins open. The caller holds no lock: the application may be
    /// asked.
    /// </summary>
    /// <param name="options">Validated options that do not change.</param>
    public RequestRouter MakeSuccessor(DnsAwareOptions options) => MakeSuccessor(_settings with { Options = options });

    /// <summary>As <see cref="MakeSuccessor(DnsAwareOptions)"/>, with other settings of the endpoints' handlers.</summary>
    public RequestRouter MakeSuccessor(HandlerSettings settings)
    {
        HandlerTemplate template = settings.ToTemplate();
        PassThrough passThrough = PassThrough.MakeSuccessor(template);
        return MakeSuccessor(_settings with { Template = template, PassThrough = passThrough });
    }

    /// <summary>Closes all origins. Requests under way go on; requests that come late go to the successor.</summary>
    public void GiveWayTo(RequestRouter successor)
    {
        bool hasOtherHandlers = successor.PassThrough != PassThrough;
        string detail = hasOtherHandlers ? "the settings of the primary handler changed" : "the options changed";
        _origins.Close(DepartureReason.OptionsChanged, detail, successor._origins);
        if (hasOtherHandlers)
        {
            PassThrough.GiveWayTo(successor.PassThrough);
        }
    }

    /// <summary>Closes a successor that took no request.</summary>
    public void Discard(RequestRouter predecessor)
    {
        Close();
        if (predecessor.PassThrough != PassThrough)
        {
            PassThrough.Dispose();
        }
    }

    /// <summary>Closes all origins. Requests under way go on; later ones get an <see cref="ObjectDisposedException"/>.</summary>
    public void Close() => _origins.Close(DepartureReason.HandlerDisposed, "the handler was disposed", successor: null);

    /// <summary>Ends when all drains that have begun are over.</summary>
    public Task WhenDrained() => _settings.Drainer.WhenAllDrained();

    public ImmutableArray<OriginSnapshot> Snapshot()
    {
        OriginView[] views =
            [.. _origins.Clusters.Select(cluster => cluster.View()).OrderBy(view => view.Owner.Name, StringComparer.Ordinal)];
        ILookup<PoolOwner, PoolDrain> drains = _settings.Drainer.Draining.ToLookup(drain => drain.Owner);
        return [.. views.Select(view => view.Snapshot(drains[view.Owner]))];
    }

    private RequestRouter MakeSuccessor(RouterSettings settings)
    {
        RequestRouter successor = new(settings);
        successor._origins.OpenAll(_origins);
        return successor;
    }

    /// <summary>The cluster of a request; null: the library does not manage it.</summary>
    private OriginCluster? Find(HttpRequestMessage request, out ProxyChoice? choice)
    {
        choice = null;
        if (request.RequestUri is not Uri uri || !Origin.IsSupported(uri))
        {
            return null;
        }

        Uri? proxy = _template.ProxyFor(uri);
        choice = new ProxyChoice(uri, proxy);
        bool isManaged = proxy is null ? !MayUseHttp3(request, uri) : PinnedProxy.IsSupported(proxy);
        if (!isManaged)
        {
            return null;
        }

        Origin origin = Origin.Of(uri, proxy, _template.HasUnboundCredentials && RedirectFollower.IsAnonymous(request));
        return _origins.TryGet(origin, out OriginCluster? cluster) && cluster.HasEndpoints ? cluster
            : RefusedRequest.IsMalformed(request) ? null
            : cluster ?? (origin.CanBeDialled ? _origins.Open(origin) : null);
    }

    private Task<HttpResponseMessage> PassThroughAsync(
        HttpRequestMessage request, ProxyChoice? choice, bool async, CancellationToken cancellationToken)
    {
        bool isFiltered = _settings.Options.AddressFilter is not null;
        return isFiltered && RefusalOf(request, choice) is HttpRequestException refusal
            ? Task.FromException<HttpResponseMessage>(refusal)
            : PassThrough.SendAsync(request, choice, mayDial: !isFiltered, async, cancellationToken);
    }

    /// <summary>The error of a request that no filter would see. Null: the runtime's own error is the right one.</summary>
    private HttpRequestException? RefusalOf(HttpRequestMessage request, ProxyChoice? choice) =>
        request.RequestUri is not { IsAbsoluteUri: true } uri ? null
        : choice?.Proxy is Uri proxy && !PinnedProxy.IsSupported(proxy) ? CannotBeFiltered.Through(proxy, uri)
        : MayUseHttp3(request, uri) ? CannotBeFiltered.OverHttp3(uri)
        : null;

    private bool MayUseHttp3(HttpRequestMessage request, Uri uri) =>
        _settings.SpeaksHttp3 && Origin.IsSecureScheme(uri.Scheme) && Http3.IsAllowed(request);
}
