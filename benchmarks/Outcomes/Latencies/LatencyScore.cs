namespace DnsAwareHttp.OutcomesBenchmark.Latencies;

/// <summary>What a rule did to the requests of a trace, from the onset on.</summary>
internal sealed class LatencyScore
{
    private readonly List<double> _latencies = [];
    private long _requests;
    private long _sick;
    private long _hurt;

    public double SickShare => (double)_sick / _requests;

    public double HurtPart => (double)_hurt / _requests;

    public double Mean => _latencies.Average();

    public double At(double quantile)
    {
        _latencies.Sort();
        return _latencies[(int)(quantile * (_latencies.Count - 1))];
    }

    public void OnSent(bool isSick)
    {
        _requests++;
        _sick += isSick ? 1 : 0;
    }

    public void OnEnded(double latency, Ending ending)
    {
        _latencies.Add(latency);
        _hurt += ending is Ending.Answered ? 0 : 1;
    }
}
