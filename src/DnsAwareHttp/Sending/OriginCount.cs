using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;

namespace DnsAwareHttp.Sending;

/// <summary>What the observable instruments see of an open origin. It reads what is published, and takes no lock of the origin.</summary>
internal static class OriginCount
{
    /// <param name="survey">Tells what to look at.</param>
    /// <param name="scope">Shared by all parts of the origin.</param>
    /// <param name="offered">Its endpoints; null for no endpoint.</param>
    /// <param name="usage">Counts the requests that wait.</param>
    public static void AddTo(MetricSurvey survey, OriginScope scope, EndpointSet? offered, OriginUsage usage)
    {
        OriginTally tally = survey.Of(scope.Metrics);
        ReadOnlySpan<EndpointPlacement> places = offered is null ? [] : offered.Placements.AsSpan();
        switch (survey.Subject)
        {
            case SurveySubject.Answers when scope.Answer.Latest?.LastGoodAt is DateTimeOffset goodAt:
                tally.AddAnswer(scope.Clock.Now - goodAt);
                break;
            case SurveySubject.Endpoints:
                CountStates(tally, places);
                break;
            case SurveySubject.Waiting:
                tally.Waiting += usage.WaitingRequests;
                CountPending(tally, places);
                break;
            case SurveySubject.Tcp:
                LookAtConnections(tally, places);
                break;
        }
    }

    private static void CountStates(OriginTally tally, ReadOnlySpan<EndpointPlacement> places)
    {
        foreach (EndpointPlacement place in places)
        {
            if (StateOf(place) is CountedState state)
            {
                tally.AddEndpoint(state);
            }
        }
    }

    private static void CountPending(OriginTally tally, ReadOnlySpan<EndpointPlacement> places)
    {
        foreach (EndpointPlacement place in places)
        {
            tally.Waiting += place.Pool.Room.Pending;
        }
    }

    private static void LookAtConnections(OriginTally tally, ReadOnlySpan<EndpointPlacement> places)
    {
        foreach (EndpointPlacement place in places)
        {
            if (place.Pool.Health.State is not EndpointState.Draining)
            {
                place.Pool.Streams.Survey(tally);
            }
        }
    }

    // Null: it began to drain this instant, and the drainer counts it.
    private static CountedState? StateOf(EndpointPlacement place) => place.Pool.Health.State switch
    {
        EndpointState.Draining => null,
        EndpointState.Failing => CountedState.BackingOff,
        EndpointState.Ejected => CountedState.Ejected,
        _ when place.IsLingering => CountedState.Lingering,
        EndpointState.Ready => CountedState.Ready,
        EndpointState.Connecting => CountedState.Connecting,
        _ => CountedState.Idle,
    };
}
