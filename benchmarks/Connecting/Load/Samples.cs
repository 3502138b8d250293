namespace Connecting.Load;

/// <summary>The requests of one load.</summary>
internal sealed class Samples
{
    private readonly TimeSpan[] _durations;

    public Samples(IEnumerable<Sample> all)
    {
        All = [.. all];
        _durations = [.. All.Select(sample => sample.Duration).Order()];
    }

    public IReadOnlyList<Sample> All { get; }

    public int Failed => All.Count(sample => sample.HasFailed);

    /// <summary>The failures, the most frequent first.</summary>
    public IEnumerable<string> Reasons => All.Where(sample => sample.HasFailed).CountBy(sample => sample.Failure!).OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Value:N0} × {pair.Key}");

    /// <summary>The duration that this share of all requests did not exceed. One that failed counts with the time that it took to fail.</summary>
    public TimeSpan Quantile(double share) => _durations.Length == 0 ? TimeSpan.Zero : _durations[(int)Math.Ceiling(share * _durations.Length) - 1];

    public int LongerThan(TimeSpan limit) => _durations.Count(duration => duration > limit);
}
