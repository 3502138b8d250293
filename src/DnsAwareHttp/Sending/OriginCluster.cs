using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>One open origin: sends its requests to its endpoints.</summary>
internal sealed class OriginCluster
{
    /// <summary>The time between two samples of the endpoints while requests flow.</summary>
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(250);

    private readonly OriginScope _scope;
    private readonly IOriginEndpoints _endpoints;
    private readonly EndpointWait _wait;
    private readonly OriginUsage _usage;
    private readonly IRequestRoutes _routes;
    private readonly ITimer _sample;
    private int _isSampling;

    /// <param name="origin">The origin.</param>
    /// <param name="scope">What its parts have in common.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="wait">The waits of requests that no endpoint has yet.</param>
    /// <param name="usage">Knows when requests came.</param>
    /// <param name="routes">The ways out of this cluster.</param>
    public OriginCluster(
        Origin origin, OriginScope scope, IOriginEndpoints endpoints, EndpointWait wait, OriginUsage usage, IRequestRoutes routes)
    {
        Origin = origin;
        _scope = scope;
        _endpoints = endpoints;
        _wait = wait;
        _usage = usage;
        _routes = routes;
        _sample = Background.CreateTimer(
            scope.Clock.Provider, "the sample of the endpoints", scope.Logger, this, static cluster => cluster.Sample(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Origin Origin { get; }

    /// <summary>Whether it takes no requests any more.</summary>
    public bool IsClosed => _endpoints.IsClosed;

    /// <summary>Whether a request need not wait for an answer.</summary>
    public bool HasEndpoints => _endpoints.Current is not null;

    /// <summary>When a request last came, to within <see cref="SampleInterval"/>.</summary>
    public DateTimeOffset LastUsed => _usage.LastUsed(_scope.Clock.Now);

    private bool HasRequests => _endpoints.Current is { HasRequests: true };

    /// <summary>Begins to follow DNS. Called once, under no lock.</summary>
    public void Start()
    {
        _scope.Logger.OriginOpened(_scope.Owner.Name);
        _endpoints.Start();
    }

    /// <summary>Sends a request to one endpoint, and to another one while connecting fails. The only async frame between the caller and the endpoint's handler.</summary>
    /// <param name="request">The request, sent as it is.</param>
    /// <param name="redirects">Follows the response if it is a redirect; null: the redirect is returned as it is.</param>
    /// <param name="async">False: every wait is on the calling thread, and the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token; it bounds every wait.</param>
    /// <exception cref="HttpRequestException">The name has no address, no address can be connected to, or the endpoint's handler reports an error.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, RedirectFollower? redirects, bool async, CancellationToken cancellationToken)
    {
        MarkUsed();
        RequestAttempts? attempts = null;
        while (true)
        {
            EndpointSet? endpoints = _endpoints.Current;
            EndpointPool? pool = attempts is null ? endpoints?.Picker.Pick() : endpoints?.PickOther(attempts.Pools, _scope.Random);
            if (pool is not { IsConnected: true })
            {
                attempts ??= new RequestAttempts(Origin);
                Choice choice = await ChooseAsync(request, endpoints, pool, attempts, async, cancellationToken).ConfigureAwait(false);
                if (choice.Cluster is not null || choice.Response is not null)
                {
                    return choice.Response ?? await choice.Cluster!.SendAsync(request, redirects, async, cancellationToken).ConfigureAwait(false);
                }

                pool = choice.Pool;
                attempts = attempts.OrNullIfEmpty;
            }

            // A gate that is closed: the pool began to drain this instant. The set without it was published before.
            if (pool is null || !pool.TryEnter(out GateLease lease))
            {
                continue;
            }

            HttpResponseMessage response;
            try
            {
                using (lease)
                {
                    response = await pool.SendAsync(request, async, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (MaySendElsewhere(error, request, pool, ref attempts))
            {
                continue;
            }

            pool.OnAnswered();
            if (response.StatusCode == HttpStatusCode.MisdirectedRequest && MaySendElsewhere(response, request, pool, ref attempts))
            {
                continue;
            }

            attempts?.Misdirected?.Dispose();
            return redirects is not null && RedirectFollower.IsRedirect(request, response)
                ? await redirects.FollowAsync(request, response, _routes.SendHopAsync, async, cancellationToken).ConfigureAwait(false)
                : response;
        }
    }

    /// <summary>Closes if no request came for a while and no connection is open.</summary>
    public bool CloseIfUnused(TimeSpan idleTimeout)
    {
        DateTimeOffset now = _scope.Clock.Now;
        _usage.Sample(now);
        TimeSpan idle = now - _usage.LastUsed(now);
        if (idle < idleTimeout || IsBusy())
        {
            return false;
        }

        _scope.Logger.OriginClosed(_scope.Owner.Name, idle);
        Close(DepartureReason.OriginUnused, "its origin is unused");
        return true;
    }

    /// <summary>Takes no request any more. Requests under way go on; the pools drain without a deadline.</summary>
    public void Close(DepartureReason reason, string detail)
    {
        if (_endpoints.Close(reason, detail))
        {
            _sample.Dispose();
        }
    }

    public OriginSnapshot Snapshot()
    {
        // Read before the drains: a pool that begins to drain meanwhile is seen twice here, not never.
        EndpointPlacement[] members = [.. _endpoints.Current?.Placements ?? []];
        IEnumerable<Departure> draining = _scope.Drainer.DrainingOf(_scope.Owner)
            .Where(departure => !Array.Exists(members, member => member.Pool == departure.Pool));
        return new OriginSnapshot
        {
            Origin = _scope.Owner.Name,
            Host = Origin.Host,
            Port = Origin.Port,
            Answer = _endpoints.LatestAnswer,
            Endpoints =
            [
                .. members.Select(member => member.Pool.Snapshot(member.Membership)),
                .. draining.Select(departure => departure.Pool.Snapshot(departure.Detail)),
            ],
        };
    }

    /// <summary>Finds an endpoint for a request that cannot be sent to the picked one at once.</summary>
    /// <param name="request">The request.</param>
    /// <param name="endpoints">The endpoints; null: there are none now.</param>
    /// <param name="picked">The picked one, which is not connected; null: all were tried.</param>
    /// <param name="attempts">The attempts so far. Dials that fail are added.</param>
    /// <param name="async">False: every wait is on the calling thread.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    private async ValueTask<Choice> ChooseAsync(
        HttpRequestMessage request, EndpointSet? endpoints, EndpointPool? picked, RequestAttempts attempts, bool async,
        CancellationToken cancellationToken)
    {
        if (endpoints is null && attempts.Misdirected is null && !_endpoints.IsClosed)
        {
            await _wait.AwaitEndpointsAsync(request, async, cancellationToken).ConfigureAwait(false);
            return Choice.Again;
        }

        if (picked is null)
        {
            // All left, or all were tried. A request that was sent once has its answer; otherwise the cluster that replaced this one may have it.
            return attempts.Misdirected is HttpResponseMessage answer ? new Choice { Response = answer }
                : endpoints is null ? new Choice { Cluster = _routes.Reopen(Origin) }
                : throw attempts.ToException();
        }

        if (RefusedRequest.IsMalformed(request))
        {
            // The endpoint's handler refuses it without a connection.
            return new Choice { Pool = picked };
        }

        RaceOutcome outcome = await _wait.ConnectAsync(request, endpoints!, picked, attempts, async, cancellationToken).ConfigureAwait(false);
        if (outcome.Winner is null)
        {
            // Better a try than a refusal: the handler of the picked one reports the failure in the runtime's own way.
            attempts.AddAllBut(picked, outcome.Failures);
        }

        return new Choice { Pool = outcome.Winner ?? picked };
    }

    // An exception filter. False: the request was sent, at least in part, and is never sent again by us.
    private bool MaySendElsewhere(Exception error, HttpRequestMessage request, EndpointPool pool, ref RequestAttempts? attempts)
    {
        bool isTunnelled = Origin.Tunnels(request);
        AttemptOutcome outcome = AttemptOutcomes.Of(error, isTunnelled);
        AttemptOutcomes.NoteOn(pool, outcome, error, isTunnelled);
        if (outcome is AttemptOutcome.Failed)
        {
            attempts?.Misdirected?.Dispose();
            return false;
        }

        (attempts ??= new RequestAttempts(Origin)).Add(pool, error);
        if (outcome is AttemptOutcome.NotConnected)
        {
            _endpoints.Hint(pool);
        }

        return true;
    }

    // Behind a proxy another server answered, and the proxy's address does not decide which one.
    private bool MaySendElsewhere(HttpResponseMessage misdirected, HttpRequestMessage request, EndpointPool pool, ref RequestAttempts? attempts)
    {
        if (!_scope.Options.RetryMisdirectedRequests || Origin.Proxy is not null)
        {
            return false;
        }

        pool.OnMisdirected();
        bool mayBeSentAgain = attempts is not { Misdirected: not null }
            && request.Content is null or ByteArrayContent or ReadOnlyMemoryContent
            && _endpoints.Current?.PickOther([pool, .. attempts?.Pools ?? []], _scope.Random) is not null;
        if (mayBeSentAgain)
        {
            (attempts ??= new RequestAttempts(Origin)).AddMisdirected(pool, misdirected);
        }

        return mayBeSentAgain;
    }

    private void MarkUsed()
    {
        if (_usage.Mark())
        {
            PlanSample();
        }
    }

    private void PlanSample() => _sample.Change(SampleInterval, Timeout.InfiniteTimeSpan);

    private void Sample()
    {
        // A request may have set the timer again while the last sample takes long. That sample plans the next one.
        if (Interlocked.Exchange(ref _isSampling, 1) == 1)
        {
            return;
        }

        bool wasUsed = _usage.Sample(_scope.Clock.Now);
        try
        {
            _endpoints.Sample();
        }
        finally
        {
            Volatile.Write(ref _isSampling, 0);
            if (wasUsed || _usage.WasUsed || HasRequests)
            {
                PlanSample();
            }
        }
    }

    // An origin with a request that waits would be opened again at once. With a full table two such origins would close one another in turn.
    private bool IsBusy() =>
        _usage.HasWaiting || _endpoints.Current?.All.Any(pool => pool.ActiveRequests > 0 || pool.OpenConnections > 0) == true;

    /// <summary>What becomes of a request: an endpoint, its answer, another cluster, or another look at the endpoints.</summary>
    private sealed record Choice
    {
        public static readonly Choice Again = new();

        public EndpointPool? Pool { get; init; }

        public HttpResponseMessage? Response { get; init; }

        public OriginCluster? Cluster { get; init; }
    }
}
