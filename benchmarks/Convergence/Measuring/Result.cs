using System.Diagnostics;

namespace Convergence.Measuring;

/// <summary>A row of the table.</summary>
internal sealed record Result(Recording Recording)
{
    private readonly IReadOnlyList<TimeSpan> _freshness = FreshnessOf.Clients(Recording);
    private readonly Samples _calm = new(Recording.Samples.Where(sample => IsCalm(Recording, sample.Due)));
    private readonly Samples _changing = new(Recording.Samples.Where(sample => sample.Due >= Recording.Change));

    /// <summary>Null where the story has no change.</summary>
    public TimeSpan? FreshP50 => Fresh(0.5);

    public TimeSpan? FreshP99 => Fresh(0.99);

    public int Failed => Recording.Samples.Count(sample => sample.HasFailed);

    public Samples Calm => _calm;

    public Samples Changing => _changing;

    /// <summary>Of one client, as the story is told: in an hour in which nothing changes.</summary>
    public double ConnectionsPerHour
    {
        get
        {
            long end = Recording.Story.Freshness is null ? Recording.End : Recording.Change;
            double opened = OpenedUntil(end) - OpenedUntil(Recording.Began);
            return opened / Recording.Clients / Stopwatch.GetElapsedTime(Recording.Began, end).TotalHours / Recording.Pace.Exact;
        }
    }

    /// <summary>Of one client, as the story is told.</summary>
    public double QueriesPerMinute => Recording.QueriesPerSecond * 60 / Recording.Clients / Recording.Pace.Exact;

    private static bool IsCalm(Recording recording, long due) => recording.Story.Freshness is null || due < recording.Change;

    private TimeSpan? Fresh(double share) => _freshness.Count == 0 ? null : _freshness[(int)Math.Ceiling(share * _freshness.Count) - 1];

    private int OpenedUntil(long time) => Recording.Connections.Where(sample => sample.At <= time).Select(sample => sample.Opened).DefaultIfEmpty(0).Last();
}
