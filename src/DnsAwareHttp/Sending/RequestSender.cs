using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Sending;

/// <summary>Sends a request to one endpoint of its origin, and to another one while nothing of it was sent.</summary>
/// <param name="origin">The origin.</param>
/// <param name="scope">Shared by all parts of the origin.</param>
/// <param name="endpoints">Its endpoints.</param>
/// <param name="wait">The waits of requests that no endpoint has yet.</param>
/// <param name="routes">The ways of a request out of its cluster.</param>
/// <param name="sessions">Keeps sessions on their endpoints; null: there are no sessions.</param>
/// <param name="outcomes">Reports each outcome to the outlier detection; null: it is off.</param>
internal sealed class RequestSender(
    Origin origin, OriginScope scope, IOriginEndpoints endpoints, EndpointWait wait, IRequestRoutes routes, OriginSessions? sessions = null,
    OutcomeReport? outcomes = null)
{
    private readonly RequestRetries _retries = new(origin, scope, endpoints, sessions, outcomes);

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
        string? session = sessions?.KeyOf(request);
        (RequestAttempts? attempts, int moves) = (_retries.BeginAgain(request, session), 0);
        while (true)
        {
            EndpointSet? set = endpoints.Current;
            EndpointPool? pool = Pick(set, session, attempts, out bool isReady);
            if (!isReady)
            {
                attempts ??= _retries.Begin(session);
                Choice choice = await ChooseAsync(request, redirects, set, pool, attempts, async, cancellationToken).ConfigureAwait(false);
                if (choice.Response is not null)
                {
                    return choice.Response;
                }

                (pool, attempts) = (choice.Pool, attempts.OrNullIfEmpty);
            }

            EntryOutcome entry = Enter(session, ref pool, attempts, ref moves, out GateLease lease);
            if (entry is not EntryOutcome.Inside)
            {
                await wait.RefuseIfFullAsync(request, set, entry, async).ConfigureAwait(false);
                continue;
            }

            Task<HttpResponseMessage> sending = SendToAsync(pool!, request, async, cancellationToken);
            await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_retries.GoesElsewhere(sending, request, lease, ref attempts, cancellationToken))
            {
                HttpResponseMessage response = sending.GetAwaiter().GetResult(); // Throws only now: others may have had it.
                return redirects is not null && RedirectFollower.IsRedirect(request, response)
                    ? await redirects.FollowAsync(request, response, routes.SendHopAsync, async, cancellationToken).ConfigureAwait(false)
                    : response;
            }
        }
    }

    private Task<HttpResponseMessage> SendToAsync(
        EndpointPool pool, HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        TriedEndpoints.Of(request)?.Add(pool.Address);
        return RequestTracing.IsOn
            ? RequestTracing.SendAsync(origin, pool, request, scope.Clock.Provider, async, cancellationToken)
            : pool.SendAsync(request, async, cancellationToken);
    }

    /// <summary>The endpoint for the next attempt; null: there is none, or all were tried.</summary>
    /// <param name="set">The endpoints; null: there is no endpoint now.</param>
    /// <param name="session">The request's session; null: it has none.</param>
    /// <param name="attempts">The attempts so far; null for no attempt.</param>
    /// <param name="isReady">Whether the request can be sent there: the endpoint is connected, or it is that of the session, which stays
    /// there while its handler connects.</param>
    private EndpointPool? Pick(EndpointSet? set, string? session, RequestAttempts? attempts, out bool isReady)
    {
        EndpointPool? own = session is null || attempts is not null ? null : sessions!.Find(session, set);
        EndpointPool? pool = own
            ?? (attempts is not null ? attempts.PickNext(set, scope.Random)
            : session is not null ? set?.Picker.Pick()
            : set?.Pick(scope.Random));
        isReady = own is not null || (pool is { IsConnected: true } && attempts?.MustDial(pool) != true);

        // Begun before it is connected, so that all first requests of the session go to one endpoint.
        return session is not null && attempts is null && own is null && pool is not null
            ? sessions!.Stay(session, pool, set, [])
            : pool;
    }

    private EntryOutcome Enter(string? session, ref EndpointPool? pool, RequestAttempts? attempts, ref int moves, out GateLease lease)
    {
        if (pool is null)
        {
            lease = default;
            return EntryOutcome.ChooseAgain;
        }

        if (session is not null)
        {
            pool = sessions!.Stay(session, pool, endpoints.Current, attempts?.Pools ?? []);
        }

        return pool.TryEnter(out lease, pool.Room.Places)
            ? EntryOutcome.Inside
            : PoolEntry.EnterFull(pool, endpoints.Current, attempts, stays: session is not null, ref moves, out lease);
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
            await AskAgainAsync(request, attempts, async, cancellationToken).ConfigureAwait(false);
            return Choice.Again;
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

    /// <summary>As <see cref="EndpointWait.AwaitFreshAnswerAsync"/>, for an answer that is late.</summary>
    public ValueTask AwaitLateAnswerAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        wait.AwaitFreshAnswerAsync(request, Freshness.OnTime, async, cancellationToken);

    // All endpoints failed. DNS may know others by now; if not, the request fails with the errors that it met.
    private async ValueTask AskAgainAsync(
        HttpRequestMessage request, RequestAttempts attempts, bool async, CancellationToken cancellationToken)
    {
        if (attempts.TryAskAgain(scope.Clock.Now, out Freshness freshness))
        {
            await wait.AwaitFreshAnswerAsync(request, freshness, async, cancellationToken).ConfigureAwait(false);
        }

        if (endpoints.Current?.PickOther(attempts.Pools, scope.Random) is null && !endpoints.IsClosed)
        {
            throw attempts.ToException();
        }
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
        if (attempts.Session is string session && outcome.Winner is EndpointPool winner)
        {
            sessions?.Move(session, picked, winner);
        }

        foreach ((_, Exception error) in outcome.Winner is null ? [] : outcome.Failures)
        {
            scope.Metrics.OnFailover(ErrorTypes.Of(error));
        }

        if (outcome.Winner is null)
        {
            // Better a try than a refusal: the handler of the picked one reports the failure in the runtime's own way.
            attempts.AddAllBut(picked, outcome.Failures);
        }

        return outcome.Winner ?? picked;
    }

    /// <summary>The next step of a request: an endpoint, the response, or another look at the endpoints.</summary>
    private sealed record Choice
    {
        public static readonly Choice Again = new();

        public EndpointPool? Pool { get; init; }

        public HttpResponseMessage? Response { get; init; }
    }
}
