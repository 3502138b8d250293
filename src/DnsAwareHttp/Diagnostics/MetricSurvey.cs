namespace DnsAwareHttp.Diagnostics;

/// <summary>One look at all endpoints of a meter, for one instrument.</summary>
/// <param name="subject">What is looked at.</param>
internal sealed class MetricSurvey(SurveySubject subject)
{
    private readonly Dictionary<OriginMetrics, OriginTally> _tallies = [];

    public SurveySubject Subject => subject;

    /// <summary>The tally of an origin, which is made if need be. Several handlers may have the same origin: they share it.</summary>
    public OriginTally Of(OriginMetrics origin)
    {
        if (!_tallies.TryGetValue(origin, out OriginTally? tally))
        {
            _tallies[origin] = tally = new OriginTally();
        }

        return tally;
    }

    /// <summary>The tally of an origin; null if no source has it now.</summary>
    public OriginTally? Find(OriginMetrics origin) => _tallies.GetValueOrDefault(origin);
}

/// <summary>What a <see cref="MetricSurvey"/> is about.</summary>
internal enum SurveySubject
{
    /// <summary>The ages of the answers.</summary>
    Answers,

    /// <summary>The endpoints by state.</summary>
    Endpoints,

    /// <summary>The requests that wait.</summary>
    Waiting,

    /// <summary>The TCP connections.</summary>
    Tcp,
}
