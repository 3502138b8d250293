namespace DnsAwareHttp.Health;

/// <summary>The requests of about the last ten seconds: earlier ones count less and less.</summary>
/// <param name="Requests">The decayed number of requests.</param>
/// <param name="At">When it was counted.</param>
internal sealed record RecentTraffic(double Requests, DateTimeOffset At)
{
    private const double Seconds = 10;

    /// <summary>After so many more requests, which came since <see cref="At"/>.</summary>
    public RecentTraffic After(long requests, DateTimeOffset now) => new(LeftAt(now) + requests, now > At ? now : At);

    /// <summary>Requests per second.</summary>
    public double RateAt(DateTimeOffset now) => LeftAt(now) / Seconds;

    private double LeftAt(DateTimeOffset now) => Requests * Math.Exp(-Math.Max(0, (now - At).TotalSeconds) / Seconds);
}
