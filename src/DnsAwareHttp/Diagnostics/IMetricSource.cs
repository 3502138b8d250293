namespace DnsAwareHttp.Diagnostics;

/// <summary>A place with endpoints. The observable instruments look at it.</summary>
internal interface IMetricSource
{
    /// <summary>Adds what the survey is about. It takes no lock of an origin, and calls no code of the application.</summary>
    void AddTo(MetricSurvey survey);
}
