namespace DnsAwareHttp.Health;

/// <summary>Tells whether an endpoint is an outlier: it fails, and its peers do not. Pure.</summary>
/// <remarks>
/// Both rules ask the same question. If the endpoint were as good as its peers, how likely would its failures be? Less than one in a
/// billion (64⁻⁵) is no coincidence. With peers that answer well, five failures in a row are enough. The worse the peers are, the more are
/// needed. Where they fail half of their requests, no endpoint is an outlier.
/// </remarks>
internal static class OutlierDetector
{
    /// <summary>As many failures in a row of an endpoint that fails one of 64 requests are the least surprise that counts.</summary>
    private const int MaxNeeded = 5;

    /// <summary>Endpoints in use fail when half of their latest requests do: so many requests, or those of the whole window.</summary>
    private const int MinOutcomes = 5;

    /// <summary>What is thought of peers before their first outcome: a quarter of one failure.</summary>
    private const double Doubt = 0.25;

    private static readonly double SurpriseEach = Math.Log(64);

    /// <summary>Whether failures in a row make an endpoint an outlier.</summary>
    /// <param name="run">The failures.</param>
    /// <param name="peers">The outcomes of its peers meanwhile.</param>
    /// <param name="options">The limits.</param>
    public static bool FailsInARow(FailureRun run, OutcomeCounts peers, OutlierDetectionOptions options) =>
        run.Total >= options.ConsecutiveFailures
        && IsUnlike(new OutcomeCounts(0, run.Length), peers, peers.BadPart, Math.Min(options.ConsecutiveFailures, MaxNeeded));

    /// <summary>
    /// Whether another endpoint is worth a try, although nothing is known of it: twice as many failures in a row as otherwise, without any
    /// outcome of a peer meanwhile.
    /// </summary>
    public static bool FailsAlone(FailureRun run, OutcomeCounts peers, OutlierDetectionOptions options) =>
        run.Total >= 2 * options.ConsecutiveFailures && peers.All == 0;

    /// <summary>The latest parts of the window in which the part that failed makes an endpoint an outlier; null if none do.</summary>
    /// <remarks>
    /// Each end of the window is judged for itself: an average over all of it would hide a burst of failures. The peers are asked what they
    /// would have failed with the requests of the endpoint, part by part. Otherwise an endpoint that had more of its requests during an
    /// outage of all would look worse than its peers.
    /// </remarks>
    /// <param name="own">The outcomes of the endpoint, the latest part first.</param>
    /// <param name="all">The outcomes of all endpoints in the same parts.</param>
    /// <param name="options">The limits.</param>
    public static (OutcomeCounts Own, OutcomeCounts Peers)? FailsTooOften(
        OutcomeCounts[] own, OutcomeCounts[] all, OutlierDetectionOptions options)
    {
        (OutcomeCounts Own, OutcomeCounts Peers) sum = default;
        double expected = 0;
        for (int part = 0; part < own.Length; part++)
        {
            OutcomeCounts peers = all[part] - own[part];
            if (peers.All == 0)
            {
                continue; // There is nothing to compare with.
            }

            sum = (sum.Own + own[part], sum.Peers + peers);
            expected += own[part].All * peers.BadPart;
            if (sum.Own.All >= options.MinRequests && sum.Own.BadPart >= options.FailureRatio
                && IsUnlike(sum.Own, sum.Peers, expected / sum.Own.All, MaxNeeded))
            {
                return sum;
            }
        }

        return null;
    }

    /// <summary>Whether endpoints fail half of their requests of late. Then others that are out may be better than they are.</summary>
    /// <remarks>
    /// The time is one part of the window at least, and as long as it takes for a few outcomes. It must not be shorter than the time
    /// between two samples: an outage that ends is seen by the sample after its end.
    /// </remarks>
    public static bool Fail(IReadOnlyCollection<EndpointOutcomes> used)
    {
        for (int marks = 2; marks <= EndpointOutcomes.Parts; marks++)
        {
            OutcomeCounts latest = used.Aggregate(default(OutcomeCounts), (sum, one) => sum + one.Latest(marks));
            if (latest.All >= MinOutcomes)
            {
                return latest.BadPart >= 0.5;
            }
        }

        return false;
    }

    /// <summary>Whether one more endpoint may be ejected.</summary>
    /// <param name="ejected">Endpoints that are ejected now.</param>
    /// <param name="usable">Endpoints that can be connected to, ejected ones included.</param>
    /// <param name="maxShare">The part of them that may be out.</param>
    public static bool MayEject(int ejected, int usable, double maxShare) => IsWithin(ejected + 1, usable, maxShare);

    /// <summary>Whether no more than the permitted part is out.</summary>
    public static bool IsWithin(int ejected, int usable, double maxShare) => ejected <= maxShare * usable;

    private static bool IsUnlike(OutcomeCounts own, OutcomeCounts peers, double badPart, int needed)
    {
        double expected = badPart + (Doubt / (peers.All + 1));
        return peers.Good > 0 && own.BadPart > 2 * expected && Surprise(own, expected) >= needed * SurpriseEach;
    }

    /// <summary>
    /// How unlikely so many failures are, or more, where this part of all requests fails: the negative logarithm of the Chernoff bound.
    /// </summary>
    private static double Surprise(OutcomeCounts own, double expected)
    {
        double part = own.BadPart;
        if (expected >= 1)
        {
            return 0;
        }

        double good = part < 1 ? (1 - part) * Math.Log((1 - part) / (1 - expected)) : 0;
        return own.All * ((part * Math.Log(part / expected)) + good);
    }
}
