using DnsAwareHttp.Balancing;
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
    private readonly EndpointChoice _choice = new(origin, scope, endpoints, wait, routes, sessions);

    /// <summary>Sends a request. While its endpoint is connected and answers, no async frame of ours is behind its caller.</summary>
    /// <param name="request">The request, sent as it is.</param>
    /// <param name="redirects">Follows the response if it is a redirect; null: the redirect is returned as it is.</param>
    /// <param name="async">False: every wait is on the calling thread, and the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token; it bounds every wait.</param>
    /// <exception cref="HttpRequestException">
    /// The name has no address, no address can be connected to, or the endpoint's handler reports an error.
    /// </exception>
    public Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, RedirectFollower? redirects, bool async, CancellationToken cancellationToken)
    {
        if (!async || sessions is not null || TriedEndpoints.Of(request) is { IsEmpty: false })
        {
            return SendOnAsync(request, redirects, default, async, cancellationToken);
        }

        try
        {
            EndpointSet? set = endpoints.Current;
            EndpointPool? pool = set?.Pick(scope.Random);
            return pool is { IsConnected: true } && pool.TryEnter(out GateLease lease, pool.Room.Places)
                ? new FirstAttempt(
                    this, request, redirects, lease, SendToAsync(pool, request, async, cancellationToken), cancellationToken)
                    .WhenEnded()
                : SendOnAsync(request, redirects, new Opening { Set = set, Picked = pool }, async, cancellationToken);
        }
        catch (Exception exception)
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }
    }

    /// <summary>What follows the first attempt of a request, which has ended. Called once for each.</summary>
    /// <returns>The outcome of the request; null: it is that of the attempt.</returns>
    public Task<HttpResponseMessage>? GoOn(in FirstAttempt first)
    {
        RequestAttempts? attempts = null;
        return _retries.GoesElsewhere(first.Sending, first.Request, first.Lease, ref attempts, first.CancellationToken)
            ? SendOnAsync(first.Request, first.Redirects, new Opening { Attempts = attempts }, async: true, first.CancellationToken)
            : first.Redirects is not null && first.Sending.IsCompletedSuccessfully
                && RedirectFollower.IsRedirect(first.Request, first.Sending.Result)
            ? first.Redirects.FollowAsync(first.Request, first.Sending.Result, routes.SendHopAsync, async: true, first.CancellationToken)
            : null;
    }

    private async Task<HttpResponseMessage> SendOnAsync(
        HttpRequestMessage request, RedirectFollower? redirects, Opening opening, bool async, CancellationToken cancellationToken)
    {
        string? session = sessions?.KeyOf(request);
        (RequestAttempts? attempts, int moves) = (opening.Attempts ?? _retries.BeginAgain(request, session), 0);
        while (true)
        {
            (EndpointSet? set, EndpointPool? picked, opening) = (opening.Set ?? endpoints.Current, opening.Picked, default(Opening));
            EndpointPool? pool = Pick(set, session, attempts, picked, out bool isReady);
            if (!isReady)
            {
                attempts ??= _retries.Begin(session);
                EndpointChoice.Step choice = await _choice.ChooseAsync(request, redirects, set, pool, attempts, async, cancellationToken)
                    .ConfigureAwait(false);
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
    /// <param name="picked">The picker's choice, if it was asked before; null: it was not. To ask twice would take another's turn.</param>
    /// <param name="isReady">Whether the request can be sent there: the endpoint is connected, or it is that of the session, which stays
    /// there while its handler connects.</param>
    private EndpointPool? Pick(EndpointSet? set, string? session, RequestAttempts? attempts, EndpointPool? picked, out bool isReady)
    {
        EndpointPool? own = session is null || attempts is not null ? null : sessions!.Find(session, set);
        EndpointPool? pool = own ?? picked
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

    /// <summary>As <see cref="EndpointWait.AwaitFreshAnswerAsync"/>, for an answer that is late.</summary>
    public ValueTask AwaitLateAnswerAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        wait.AwaitFreshAnswerAsync(request, Freshness.OnTime, async, cancellationToken);

    /// <summary>What was done for a request before it came to need an async frame.</summary>
    private readonly struct Opening
    {
        /// <summary>The endpoints that it saw; null: it looks now.</summary>
        public EndpointSet? Set { get; init; }

        /// <summary>The picker's choice, which had no connection or no place; null: the picker was not asked.</summary>
        public EndpointPool? Picked { get; init; }

        /// <summary>Its attempts; null for no attempt.</summary>
        public RequestAttempts? Attempts { get; init; }
    }
}
