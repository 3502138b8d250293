namespace DnsAwareHttp.Health;

/// <summary>One ejection of an endpoint: until when, and the number of ejections in a row. Pure.</summary>
/// <param name="Count">1 for the first one.</param>
/// <param name="Duration">How long the endpoint gets no request.</param>
/// <param name="Until">When one request may try it.</param>
internal sealed record Ejection(int Count, TimeSpan Duration, DateTimeOffset Until)
{
    /// <summary>The random part of the time is up to a fifth of it.</summary>
    private const double MaxSpread = 0.2;

    /// <summary>The time doubles so often at most: beyond that it is longer than any limit.</summary>
    private const int MaxDoublings = 40;

    /// <summary>When the endpoint returned; null: it has not returned.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Whether a probe failed since: the probe sees what requests see.</summary>
    public bool ProbeHasFailed { get; init; }

    /// <summary>The next ejection.</summary>
    /// <param name="before">The one before; null for none.</param>
    /// <param name="options">The times.</param>
    /// <param name="retryAfter">The least time, as the server asks for; it is bounded, too.</param>
    /// <param name="spread">From 0 to 1.</param>
    /// <param name="now">The time.</param>
    public static Ejection Next(
        Ejection? before, OutlierDetectionOptions options, TimeSpan retryAfter, double spread, DateTimeOffset now)
    {
        int count = before is null || now - before.Ended > before.Duration ? 1 : before.Count + 1;
        double seconds = options.EjectionTime.TotalSeconds * Math.Pow(2, Math.Min(count - 1, MaxDoublings)) * (1 + (MaxSpread * spread));
        double bounded = Math.Min(Math.Max(seconds, retryAfter.TotalSeconds), options.MaxEjectionTime.TotalSeconds);
        TimeSpan duration = TimeSpan.FromSeconds(bounded);
        return new Ejection(count, duration, now + duration) { ProbeHasFailed = before is { Ended: null, ProbeHasFailed: true } };
    }
}
