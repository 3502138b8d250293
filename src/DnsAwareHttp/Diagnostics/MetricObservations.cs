using System.Diagnostics.Metrics;

namespace DnsAwareHttp.Diagnostics;

/// <summary>What the observable instruments of one meter see. The listeners are told after the look, so no lock is held then.</summary>
/// <param name="metrics">Knows the origins and the sources.</param>
/// <param name="time">The clock.</param>
internal sealed class MetricObservations(DnsAwareMetrics metrics, TimeProvider time)
{
    private static readonly CountedState[] States = Enum.GetValues<CountedState>();
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(500);

    private volatile Tuple<MetricSurvey, long>? _ofConnections;

    public IEnumerable<Measurement<double>> AnswerAges()
    {
        MetricSurvey survey = Take(SurveySubject.Answers);
        return OfEachOrigin(origin => survey.Find(origin)?.AnswerAge?.TotalSeconds);
    }

    public IEnumerable<Measurement<long>> Endpoints()
    {
        MetricSurvey survey = Take(SurveySubject.Endpoints);
        List<Measurement<long>> counts = [];
        foreach (OriginMetrics origin in metrics.Origins)
        {
            OriginTally? tally = survey.Find(origin);
            foreach (CountedState state in States)
            {
                long count = tally?.CountOf(state) ?? 0;
                if (origin.IsTold(state, count))
                {
                    counts.Add(new Measurement<long>(count, origin.OfState(state).All));
                }
            }
        }

        return counts;
    }

    public IEnumerable<Measurement<long>> Waiting()
    {
        MetricSurvey survey = Take(SurveySubject.Waiting);
        return OfEachOrigin<long>(origin =>
        {
            OriginTally? tally = survey.Find(origin);
            return origin.IsWaitingTold(isOpen: tally is not null) ? tally?.Waiting ?? 0 : null;
        });
    }

    public IEnumerable<Measurement<double>> RoundTripTimes()
    {
        MetricSurvey survey = LookAtConnections();
        return OfEachOrigin(origin => survey.Find(origin)?.RoundTripTime?.TotalSeconds);
    }

    public IEnumerable<Measurement<long>> Retransmits()
    {
        // The look brings the counts of the origins up to date.
        LookAtConnections();
        return OfEachOrigin(static origin => origin.Retransmits);
    }

    // Made at once: the listeners are told later, and what they are told is of one moment.
    private List<Measurement<T>> OfEachOrigin<T>(Func<OriginMetrics, T?> measure)
        where T : struct
    {
        List<Measurement<T>> measured = [];
        foreach (OriginMetrics origin in metrics.Origins)
        {
            if (measure(origin) is T value)
            {
                measured.Add(new Measurement<T>(value, origin.Common.All));
            }
        }

        return measured;
    }

    // Each connection is a call of the system. The two instruments that need it are collected one after the other, and share a look.
    private MetricSurvey LookAtConnections()
    {
        if (_ofConnections is (MetricSurvey survey, long at) && time.GetElapsedTime(at) < SharedFor)
        {
            return survey;
        }

        survey = Take(SurveySubject.Tcp);
        _ofConnections = Tuple.Create(survey, time.GetTimestamp());
        return survey;
    }

    private MetricSurvey Take(SurveySubject subject)
    {
        MetricSurvey survey = new(subject);
        foreach (IMetricSource source in metrics.Sources)
        {
            source.AddTo(survey);
        }

        return survey;
    }
}
