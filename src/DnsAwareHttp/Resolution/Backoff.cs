namespace DnsAwareHttp.Resolution;

/// <summary>The growing pause between failing attempts: 1 s × 1.6 for each failure, ± 20 %, up to a maximum. Pure.</summary>
internal static class Backoff
{
    /// <summary>The longest pause between questions about a name that cannot be resolved.</summary>
    public static readonly TimeSpan MaxForNames = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause between connects to an address that fails.</summary>
    public static readonly TimeSpan MaxForEndpoints = TimeSpan.FromMinutes(2);

    /// <summary>The longest pause between questions about a name while its answer is provisional: another host may be meant.</summary>
    public static readonly TimeSpan MaxForProvisional = TimeSpan.FromSeconds(5);

    private const double FirstSeconds = 1;
    private const double Factor = 1.6;
    private const double Spread = 0.2;

    /// <param name="failures">Failures in a row, 1 or more.</param>
    /// <param name="max">The longest pause, before the spread.</param>
    /// <param name="random">The source of the spread.</param>
    public static TimeSpan After(int failures, TimeSpan max, Random random)
    {
        double seconds = Math.Min(FirstSeconds * Math.Pow(Factor, failures - 1), max.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (1 + (Spread * ((2 * random.NextDouble()) - 1))));
    }
}
