using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Decides, after each attempt, whether its request goes to another endpoint: only while nothing of it was sent, or after
/// 421.</summary>
/// <param name="origin">The origin.</param>
/// <param name="scope">Shared by all parts of the origin.</param>
/// <param name="endpoints">Its endpoints.</param>
/// <param name="sessions">Keeps sessions on their endpoints; null: there are no sessions.</param>
/// <param name="outcomes">Reports each outcome to the outlier detection; null: it is off.</param>
internal sealed class RequestRetries(Origin origin, OriginScope scope, IOriginEndpoints endpoints, OriginSessions? sessions,
    OutcomeReport? outcomes = null)
{
    /// <summary>No attempts yet.</summary>
    public RequestAttempts Begin(string? session = null) => new(origin, scope.Clock.Now) { Session = session };

    /// <summary>The attempts of a request that the application sends again; null: it was not sent before, or may go anywhere.</summary>
    /// <param name="request">The request.</param>
    /// <param name="session">Its session, which stays where it is; null: it has none.</param>
    public RequestAttempts? BeginAgain(HttpRequestMessage request, string? session) =>
        session is null && scope.Options.AvoidTriedEndpoints && TriedEndpoints.Of(request) is { IsEmpty: false } tried
            ? new RequestAttempts(origin, scope.Clock.Now) { Earlier = tried }
            : null;

    /// <summary>Whether a request goes to another endpoint.</summary>
    /// <param name="sending">The attempt, which has ended.</param>
    /// <param name="request">The request.</param>
    /// <param name="lease">The stay of the request inside, which ends here.</param>
    /// <param name="attempts">The attempts so far; null for no attempt. This one is added if the request goes on.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    public bool GoesElsewhere(
        Task<HttpResponseMessage> sending, HttpRequestMessage request, GateLease lease, ref RequestAttempts? attempts,
        CancellationToken cancellationToken)
    {
        // Until its outcome was noted, the request is inside: it must not look like a good one in between.
        using (lease)
        {
            return sending.IsCompletedSuccessfully
                ? GoesElsewhere(sending.Result, request, lease, ref attempts)
                : GoesElsewhere(ErrorOf(sending, cancellationToken), request, lease, ref attempts);
        }
    }

    // A cancelled task has its exception, too: it is the runtime's connect timeout, unless the caller cancelled.
    private static Exception ErrorOf(Task<HttpResponseMessage> sending, CancellationToken cancellationToken)
    {
        if (sending.IsCanceled && !cancellationToken.IsCancellationRequested)
        {
            try
            {
                _ = sending.GetAwaiter().GetResult();
            }
            catch (OperationCanceledException cancellation)
            {
                return cancellation;
            }
        }

        return sending.Exception?.InnerException ?? new TaskCanceledException(sending);
    }

    // False: the request was sent, at least in part, and the library never sends it again.
    private bool GoesElsewhere(Exception error, HttpRequestMessage request, GateLease lease, ref RequestAttempts? attempts)
    {
        EndpointPool pool = lease.Pool;
        if (LateDialException.IsCauseOf(error))
        {
            OutcomeReport.OnNotSent(pool);
            (attempts ??= Begin()).AddLate(pool, request);
            scope.Metrics.OnFailover(ErrorTypes.Late);
            return true;
        }

        bool isTunnelled = origin.Tunnels(request);
        ConnectPhase timedOut = pool.Streams.Interrupted.PhaseOf(error);
        AttemptOutcome outcome = AttemptOutcomes.Of(error, isTunnelled, timedOut);
        AttemptOutcomes.NoteOn(pool, outcome, error, isTunnelled, timedOut);
        outcomes?.OnEnded(pool, outcome, error, isTunnelled);
        lease.OnUnanswered(error is OperationCanceledException, outcome is AttemptOutcome.Failed or AttemptOutcome.Refused);
        if (outcome is AttemptOutcome.Failed || (outcome is AttemptOutcome.Refused && !MayBeSentElsewhere(request, pool, attempts)))
        {
            attempts?.Misdirected?.Dispose();
            NoteTried(request, pool);
            return false;
        }

        (attempts ??= Begin()).Add(pool, error);
        if (scope.Metrics.CountsFailovers && endpoints.Current?.PickOther(attempts.Pools, scope.Random) is not null)
        {
            scope.Metrics.OnFailover(ErrorTypes.Of(error));
        }

        if (outcome is AttemptOutcome.NotConnected)
        {
            endpoints.Hint(pool);
        }

        return true;
    }

    private bool GoesElsewhere(
        HttpResponseMessage response, HttpRequestMessage request, GateLease lease, ref RequestAttempts? attempts)
    {
        EndpointPool pool = lease.Pool;
        pool.OnAnswered();
        bool isGood = outcomes?.OnAnswered(pool, response) ?? !OutlierDetectionOptions.IsFailureByDefault(response);
        lease.OnAnswered(isGood);
        pool.Streams.OnAnswered();
        if (AttemptOutcomes.Of(response) is AttemptOutcome.Misdirected)
        {
            scope.Metrics.OnMisdirected();
            if (MayRetryMisdirected(request, pool, attempts))
            {
                (attempts ??= Begin()).AddMisdirected(pool, response);
                return true;
            }
        }

        if (MayBeSentAgain(response))
        {
            NoteTried(request, pool);
        }

        sessions?.OnAnswered(response, pool);
        attempts?.Misdirected?.Dispose();
        return false;
    }

    // The answers after which resilience libraries send a request again.
    private static bool MayBeSentAgain(HttpResponseMessage response) =>
        (int)response.StatusCode >= 500 || response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;

    private void NoteTried(HttpRequestMessage request, EndpointPool pool)
    {
        if (scope.Options.AvoidTriedEndpoints)
        {
            TriedEndpoints.GiveTo(request).Add(pool.Address);
        }
    }

    // Behind a proxy another server answered, and the proxy's address does not decide which one.
    private bool MayRetryMisdirected(HttpRequestMessage request, EndpointPool pool, RequestAttempts? attempts)
    {
        if (!scope.Options.RetryMisdirectedRequests || origin.Proxy is not null)
        {
            return false;
        }

        pool.OnMisdirected();
        return attempts is not { Misdirected: not null } && MayBeSentElsewhere(request, pool, attempts);
    }

    // A part of its content may have been read.
    private bool MayBeSentElsewhere(HttpRequestMessage request, EndpointPool pool, RequestAttempts? attempts) =>
        request.Content is null or ByteArrayContent or ReadOnlyMemoryContent
        && endpoints.Current?.PickOther([pool, .. attempts?.Pools ?? []], scope.Random) is not null;
}
