using System.Diagnostics.Metrics;

namespace DnsAwareHttp.Diagnostics;

/// <summary>What the observable instruments of one meter see. The listeners are told after the look, so no lock is held then.</summary>
/// <param name="metrics">Knows the origins and the sources.</param>
internal sealed class MetricObservations(DnsAwareMetrics metrics)
{
    private static readonly CountedState[] _states = Enum.GetValues<CountedState>();

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
            foreach (CountedState state in _states)
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
        MetricSurvey survey = Take(SurveySubject.Tcp);
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
        Take(SurveySubject.Tcp);
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
