using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Sends a request to one endpoint of its origin, and to another one while nothing of it was sent.</summary>
/// <param name="origin">The origin.</param>
/// <param name="scope">Shared by all parts of the origin.</param>
/// <param name="endpoints">Its endpoints.</param>
/// <param name="wait">The waits of requests that no endpoint has yet.</param>
/// <param name="routes">The ways of a request out of its cluster.</param>
internal sealed class RequestSender(
    Origin origin, OriginScope scope, IOriginEndpoints endpoints, EndpointWait wait, IRequestRoutes routes)
{
    /// <summary>A request that finds endpoints full goes on so often. The counts that it goes by may be old for a moment.</summary>
    private const int MaxMoves = 3;

    /// <summary>Sends a request. This is the only async frame between the caller and the endpoint's handler.</summary>
    /// <param name="request">The request, sent as it is.</param>
    /// <param name="redirects">Follows the response if it is a redirect; null: the redirect is returned as it is.</param>
    /// <param name="async">False: every wait is on the calling thread, and the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token; it bounds every wait.</param>
    /// <exception cref="HttpRequestException">
    /// The name has no address, no address can be connected to, or the endpoint's handler reports an error.
    /// </exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, RedirectFollower? redirects, bool async, CancellationToken cancellationToken)
    {
        (RequestAttempts? attempts, int moves) = (null, 0);
        while (true)
        {
            EndpointSet? set = endpoints.Current;
            EndpointPool? pool = attempts is null ? set?.Pick(scope.Random) : attempts.PickNext(set, scope.Random);
            if (pool is not { IsConnected: true } || attempts?.MustDial(pool) == true)
            {
                attempts ??= new RequestAttempts(origin);
                Choice choice = await ChooseAsync(request, redirects, set, pool, attempts, async, cancellationToken).ConfigureAwait(false);
                if (choice.Response is not null)
                {
                    return choice.Response;
                }

                (pool, attempts) = (choice.Pool, attempts.OrNullIfEmpty);
            }

            // A closed gate: the pool began to drain this instant. The set without it was published before.
            if (pool is null || !pool.TryEnter(out GateLease lease)
                || (pool.Room.Pending > 0 && await LeavesAsync(request, pool, lease, moves++, async).ConfigureAwait(false)))
            {
                continue;
            }

            // No exception is thrown here: a failed attempt may go on to another endpoint.
            Task<HttpResponseMessage> sending = pool.SendAsync(request, async, cancellationToken);
            await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lease.Dispose();
            if (!GoesElsewhere(sending, request, pool, ref attempts))
            {
                HttpResponseMessage response = sending.GetAwaiter().GetResult();
                return redirects is not null && RedirectFollower.IsRedirect(request, response)
                    ? await redirects.FollowAsync(request, response, routes.SendHopAsync, async, cancellationToken).ConfigureAwait(false)
                    : response;
            }
        }
    }

    /// <summary>Finds an endpoint for a request that cannot be sent to the picked one at once.</summary>
    /// <param name="request">The request.</param>
    /// <param name="redirects">As in <see cref="SendAsync"/>.</param>
    /// <param name="set">The endpoints; null: there is no endpoint now.</param>
    /// <param name="picked">The picked endpoint, which is not connected; null: all were tried.</param>
    /// <param name="attempts">The attempts so far. Dials that fail are added.</param>
    /// <param name="async">As in <see cref="SendAsync"/>.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    private async Task<Choice> ChooseAsync(
        HttpRequestMessage request, RedirectFollower? redirects, EndpointSet? set, EndpointPool? picked, RequestAttempts attempts,
        bool async, CancellationToken cancellationToken)
    {
        if (set is not null && picked is not null)
        {
            return new Choice { Pool = await ConnectAsync(request, set, picked, attempts, async, cancellationToken).ConfigureAwait(false) };
        }

        if (attempts.Misdirected is HttpResponseMessage answer)
        {
            // All left, or all were tried. The request was sent once, and this is its answer.
            return new Choice { Response = answer };
        }

        if (set is not null)
        {
            throw attempts.ToException();
        }

        if (endpoints.IsClosed)
        {
            // The origin was unused, or the options changed, and the cluster was closed between the router's look and this one.
            OriginCluster next = routes.Reopen(origin);
            return new Choice { Response = await next.SendAsync(request, redirects, async, cancellationToken).ConfigureAwait(false) };
        }

        await wait.AwaitEndpointsAsync(request, async, cancellationToken).ConfigureAwait(false);
        return Choice.Again;
    }

    // Requests that found the same last place enter side by side. Only inside they can count one another.
    private async ValueTask<bool> LeavesAsync(HttpRequestMessage request, EndpointPool pool, GateLease lease, int moves, bool async)
    {
        if (endpoints.Current is not EndpointSet set)
        {
            return false;
        }

        if (moves < MaxMoves && set.HasRoomBeside(pool))
        {
            lease.Dispose();
            return true;
        }

        if (!pool.Room.IsOverfull)
        {
            return false;
        }

        lease.Dispose();
        throw await wait.RefuseAsync(request, set, async).ConfigureAwait(false);
    }

    private async ValueTask<EndpointPool> ConnectAsync(
        HttpRequestMessage request, EndpointSet set, EndpointPool picked, RequestAttempts attempts, bool async,
        CancellationToken cancellationToken)
    {
        if (RefusedRequest.IsMalformed(request))
        {
            // The endpoint's handler refuses it without a connection.
            return picked;
        }

        RaceOutcome outcome = await wait.ConnectAsync(request, set, picked, attempts, async, cancellationToken).ConfigureAwait(false);
        if (outcome.Winner is null)
        {
            // Better a try than a refusal: the handler of the picked one reports the failure in the runtime's own way.
            attempts.AddAllBut(picked, outcome.Failures);
        }

        return outcome.Winner ?? picked;
    }

    private bool GoesElsewhere(
        Task<HttpResponseMessage> sending, HttpRequestMessage request, EndpointPool pool, ref RequestAttempts? attempts) =>
        sending.IsCompletedSuccessfully
            ? GoesElsewhere(sending.Result, request, pool, ref attempts)
            : GoesElsewhere(sending.Exception?.InnerException ?? new TaskCanceledException(sending), request, pool, ref attempts);

    // False: the request was sent, at least in part, and the library never sends it again.
    private bool GoesElsewhere(Exception error, HttpRequestMessage request, EndpointPool pool, ref RequestAttempts? attempts)
    {
        if (LateDialException.IsCauseOf(error))
        {
            (attempts ??= new RequestAttempts(origin)).AddLate(pool, request);
            return true;
        }

        bool isTunnelled = origin.Tunnels(request);
        AttemptOutcome outcome = AttemptOutcomes.Of(error, isTunnelled);
        AttemptOutcomes.NoteOn(pool, outcome, error, isTunnelled);
        if (outcome is AttemptOutcome.Failed)
        {
            attempts?.Misdirected?.Dispose();
            return false;
        }

        (attempts ??= new RequestAttempts(origin)).Add(pool, error);
        if (outcome is AttemptOutcome.NotConnected)
        {
            endpoints.Hint(pool);
        }

        return true;
    }

    private bool GoesElsewhere(
        HttpResponseMessage response, HttpRequestMessage request, EndpointPool pool, ref RequestAttempts? attempts)
    {
        pool.OnAnswered();
        if (AttemptOutcomes.Of(response) is AttemptOutcome.Misdirected && MayRetryMisdirected(request, pool, attempts))
        {
            (attempts ??= new RequestAttempts(origin)).AddMisdirected(pool, response);
            return true;
        }

        attempts?.Misdirected?.Dispose();
        return false;
    }

    // Behind a proxy another server answered, and the proxy's address does not decide which one.
    private bool MayRetryMisdirected(HttpRequestMessage request, EndpointPool pool, RequestAttempts? attempts)
    {
        if (!scope.Options.RetryMisdirectedRequests || origin.Proxy is not null)
        {
            return false;
        }

        pool.OnMisdirected();
        return attempts is not { Misdirected: not null }
            && request.Content is null or ByteArrayContent or ReadOnlyMemoryContent
            && endpoints.Current?.PickOther([pool, .. attempts?.Pools ?? []], scope.Random) is not null;
    }

    /// <summary>The next step of a request: an endpoint, the response, or another look at the endpoints.</summary>
    private sealed record Choice
    {
        public static readonly Choice Again = new();

        public EndpointPool? Pool { get; init; }

        public HttpResponseMessage? Response { get; init; }
    }
}
