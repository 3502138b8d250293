using System.Diagnostics;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Fills the traces of requests, and makes their activities. Requests pay one read of a static field while nobody asks.</summary>
internal static class RequestTracing
{
    /// <summary>Whether a request may carry a trace, or a listener wants activities.</summary>
    public static bool IsOn => RequestTrace.AnyMade || DnsAwareActivities.AreHeard;

    /// <summary>Sends a request to an endpoint, and traces the attempt.</summary>
    /// <remarks>The request's own activity, which the runtime makes, is the child of that of the attempt.</remarks>
    public static async Task<HttpResponseMessage> SendAsync(
        Origin origin, EndpointPool pool, HttpRequestMessage request, TimeProvider time, bool async, CancellationToken cancellationToken)
    {
        RequestTrace? trace = RequestTrace.Of(request);
        Activity? activity = DnsAwareActivities.Start("dnsaware.attempt", origin.Host, origin.Port, pool.Address);
        long began = time.GetTimestamp();
        try
        {
            HttpResponseMessage response = await pool.SendAsync(request, async, cancellationToken).ConfigureAwait(false);
            bool isMisdirected = AttemptOutcomes.Of(response) is AttemptOutcome.Misdirected;
            End(isMisdirected ? RequestAttemptOutcome.Misdirected : RequestAttemptOutcome.Answered, error: null);
            return response;
        }
        catch (Exception error)
        {
            RequestAttemptOutcome outcome = LateDialException.IsCauseOf(error) ? RequestAttemptOutcome.Late
                : cancellationToken.IsCancellationRequested ? RequestAttemptOutcome.Cancelled
                : PublicOutcomeOf(AttemptOutcomes.Of(error, origin.Tunnels(request), pool.Streams.Interrupted.PhaseOf(error)));
            End(outcome, error);
            throw;
        }

        void End(RequestAttemptOutcome outcome, Exception? error)
        {
            trace?.Add(new RequestAttempt
            {
                Endpoint = pool.Address,
                Outcome = outcome,
                Duration = time.GetElapsedTime(began),
                Error = outcome is RequestAttemptOutcome.Late ? null : error,
            });
            SetOutcome(activity, outcome, error);
            DnsAwareActivities.Stop(activity);
        }
    }

    /// <summary>The wait of a request for an answer about its name.</summary>
    public static Waiting BeginLookup(Origin origin, HttpRequestMessage request, TimeProvider time) =>
        Begin("dnsaware.lookup", origin, request, time, isLookup: true);

    /// <summary>The wait of a request for a connection.</summary>
    public static Waiting BeginConnect(Origin origin, HttpRequestMessage request, TimeProvider time) =>
        Begin("dnsaware.connect", origin, request, time, isLookup: false);

    private static Waiting Begin(string name, Origin origin, HttpRequestMessage request, TimeProvider time, bool isLookup) =>
        IsOn
            ? new Waiting(RequestTrace.Of(request), DnsAwareActivities.Start(name, origin.Host, origin.Port, peer: null), time, isLookup)
            : default;

    private static void SetOutcome(Activity? activity, RequestAttemptOutcome outcome, Exception? error)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("dnsaware.outcome", NameOf(outcome));
        if (error is not null && outcome is not RequestAttemptOutcome.Late)
        {
            activity.SetTag("error.type", error.GetType().FullName);
            activity.SetStatus(ActivityStatusCode.Error, error.Message);
        }
    }

    private static string NameOf(RequestAttemptOutcome outcome) => outcome switch
    {
        RequestAttemptOutcome.Answered => "answered",
        RequestAttemptOutcome.Misdirected => "misdirected",
        RequestAttemptOutcome.NotConnected => "not_connected",
        RequestAttemptOutcome.Late => "late",
        RequestAttemptOutcome.VersionRefused => "version_refused",
        RequestAttemptOutcome.Cancelled => "cancelled",
        _ => "failed",
    };

    private static RequestAttemptOutcome PublicOutcomeOf(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.NotConnected => RequestAttemptOutcome.NotConnected,
        AttemptOutcome.VersionRefused => RequestAttemptOutcome.VersionRefused,
        _ => RequestAttemptOutcome.Failed,
    };

    /// <summary>One wait of a request. It ends with <see cref="Dispose"/>.</summary>
    internal readonly struct Waiting(RequestTrace? trace, Activity? activity, TimeProvider? time, bool isLookup) : IDisposable
    {
        private readonly long _began = time?.GetTimestamp() ?? 0;

        /// <summary>Dials of the wait that failed.</summary>
        /// <param name="failures">The dials.</param>
        /// <param name="but">The endpoint that gets the request all the same, and so has an attempt of its own.</param>
        public void Add(IReadOnlyList<(EndpointPool Pool, Exception Error)> failures, EndpointPool? but)
        {
            if (trace is null)
            {
                return;
            }

            foreach ((EndpointPool pool, Exception error) in failures.Where(failure => failure.Pool != but))
            {
                trace.Add(new RequestAttempt
                {
                    Endpoint = pool.Address,
                    Outcome = RequestAttemptOutcome.NotConnected,
                    Duration = time!.GetElapsedTime(_began),
                    Error = error,
                });
            }
        }

        public void Dispose()
        {
            if (time is null)
            {
                return;
            }

            TimeSpan elapsed = time.GetElapsedTime(_began);
            if (isLookup)
            {
                trace?.AddLookup(elapsed);
            }
            else
            {
                trace?.AddConnect(elapsed);
            }

            DnsAwareActivities.Stop(activity);
        }
    }
}
