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
        List<Measurement<double>> ages = [];
        foreach (OriginMetrics origin in metrics.Origins)
        {
            if (survey.Find(origin)?.AnswerAge is TimeSpan age)
            {
                ages.Add(new Measurement<double>(age.TotalSeconds, origin.Common.All));
            }
        }

        return ages;
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
        List<Measurement<long>> counts = [];
        foreach (OriginMetrics origin in metrics.Origins)
        {
            OriginTally? tally = survey.Find(origin);
            if (origin.IsWaitingTold(isOpen: tally is not null))
            {
                counts.Add(new Measurement<long>(tally?.Waiting ?? 0, origin.Common.All));
            }
        }

        return counts;
    }

    public IEnumerable<Measurement<double>> RoundTripTimes()
    {
        MetricSurvey survey = LookAtConnections();
        List<Measurement<double>> times = [];
        foreach (OriginMetrics origin in metrics.Origins)
        {
            if (survey.Find(origin)?.RoundTripTime is TimeSpan time)
            {
                times.Add(new Measurement<double>(time.TotalSeconds, origin.Common.All));
            }
        }

        return times;
    }

    public IEnumerable<Measurement<long>> Retransmits()
    {
        // The look brings the counts of the origins up to date.
        LookAtConnections();
        List<Measurement<long>> counts = [];
        foreach (OriginMetrics origin in metrics.Origins)
        {
            if (origin.Retransmits is long count)
            {
                counts.Add(new Measurement<long>(count, origin.Common.All));
            }
        }

        return counts;
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
