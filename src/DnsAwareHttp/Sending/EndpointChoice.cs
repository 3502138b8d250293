using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Sending;

/// <summary>Finds an endpoint for a request whose picked endpoint has no connection, or that has tried all.</summary>
/// <param name="origin">The origin.</param>
/// <param name="scope">Shared by all parts of the origin.</param>
/// <param name="endpoints">Its endpoints.</param>
/// <param name="wait">The waits of requests that no endpoint has yet.</param>
/// <param name="routes">The ways of a request out of its cluster.</param>
/// <param name="sessions">Keeps sessions on their endpoints; null: there are no sessions.</param>
internal sealed class EndpointChoice(
    Origin origin, OriginScope scope, IOriginEndpoints endpoints, EndpointWait wait, IRequestRoutes routes, OriginSessions? sessions = null)
{
    /// <summary>Finds an endpoint for a request that cannot be sent to the picked one at once.</summary>
    /// <param name="request">The request.</param>
    /// <param name="redirects">As in <see cref="RequestSender.SendAsync"/>.</param>
    /// <param name="set">The endpoints; null: there is no endpoint now.</param>
    /// <param name="picked">The picked endpoint, which is not connected; null: all were tried.</param>
    /// <param name="attempts">The attempts so far. Dials that fail are added.</param>
    /// <param name="async">As in <see cref="RequestSender.SendAsync"/>.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    public async Task<Step> ChooseAsync(
        HttpRequestMessage request, RedirectFollower? redirects, EndpointSet? set, EndpointPool? picked, RequestAttempts attempts,
        bool async, CancellationToken cancellationToken)
    {
        if (set is not null && picked is not null)
        {
            return new Step { Pool = await ConnectAsync(request, set, picked, attempts, async, cancellationToken).ConfigureAwait(false) };
        }

        if (attempts.Misdirected is HttpResponseMessage answer)
        {
            // All left, or all were tried. The request was sent once, and this is its answer.
            return new Step { Response = answer };
        }

        if (set is not null)
        {
            await AskAgainAsync(request, attempts, async, cancellationToken).ConfigureAwait(false);
            return Step.Again;
        }

        if (endpoints.IsClosed)
        {
            // The origin was unused, or the options changed, and the cluster was closed between the router's look and this one.
            OriginCluster next = routes.Reopen(origin);
            return new Step { Response = await next.SendAsync(request, redirects, async, cancellationToken).ConfigureAwait(false) };
        }

        await wait.AwaitEndpointsAsync(request, async, cancellationToken).ConfigureAwait(false);
        return Step.Again;
    }

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
    internal sealed record Step
    {
        public static readonly Step Again = new();

        public EndpointPool? Pool { get; init; }

        public HttpResponseMessage? Response { get; init; }
    }
}
