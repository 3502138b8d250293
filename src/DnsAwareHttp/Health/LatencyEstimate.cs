namespace DnsAwareHttp.Health;

/// <summary>What is known of the time that an endpoint takes to answer: a mean, and how sure it is. In seconds; nothing here has a clock.</summary>
/// <remarks>
/// Single answers say little: servers pause, some requests take longer than others, and a long poll takes as long as it likes. So the
/// variance is kept, too, and two endpoints differ only if that can hardly be chance. Evidence fades with time: an endpoint that was slow is
/// tried again.
/// </remarks>
/// <param name="Mean">The mean time of the latest answers.</param>
/// <param name="Variance">Their variance.</param>
/// <param name="Answers">So many answers are its evidence. Later ones count more.</param>
/// <param name="FailedPart">The part of the requests that failed of late.</param>
/// <param name="At">When the latest of them came.</param>
internal readonly record struct LatencyEstimate(double Mean, double Variance, double Answers, double FailedPart, double At)
{
    /// <summary>The most answers that count.</summary>
    private const double Memory = 32;

    /// <summary>A third of the evidence is left after this time.</summary>
    private const double Fading = 30;

    /// <summary>The difference must be beyond so many standard errors on either side: by chance, one of some hundred comparisons.</summary>
    private const double Doubt = 2;

    /// <summary>The least standard deviation, as a part of the mean. Smaller differences between endpoints are not worth a choice.</summary>
    private const double MinDeviation = 0.25;

    /// <summary>One answer counts at most as so many mean ones.</summary>
    private const double MaxPeak = 16;

    /// <summary>A failure costs as much as so many answers.</summary>
    private const double FailureCost = 4;

    /// <summary>The expected cost of a request, in seconds: the mean, and more of it if requests fail.</summary>
    public double Cost => Mean * (1 + (FailureCost * FailedPart));

    /// <summary>How far from <see cref="Cost"/> the truth may be, at a moment.</summary>
    public double DoubtAt(double now)
    {
        double answers = EvidenceAt(now);
        double factor = Cost / Mean;
        double leastDeviation = Mean * (MinDeviation + (1 / (answers + 1)));
        double variance = (factor * factor * Math.Max(Variance, leastDeviation * leastDeviation))
            + (Mean * Mean * FailureCost * FailureCost * FailedPart * (1 - FailedPart));
        return Doubt * Math.Sqrt(variance / answers);
    }

    /// <summary>A good answer came.</summary>
    public LatencyEstimate After(double latency, double now)
    {
        if (Answers == 0)
        {
            return this with { Mean = latency, Answers = 1, At = now };
        }

        double answers = Next(now, IsSurprise(latency, now));
        double weight = 1 / answers;
        double beyond = Math.Min(latency, Mean * MaxPeak) - Mean;
        return new LatencyEstimate(
            Mean + (weight * beyond), (1 - weight) * (Variance + (weight * beyond * beyond)), answers, FailedPart * (1 - weight), now);
    }

    /// <summary>A request failed. The time that this took tells nothing: an endpoint that fails at once is not fast.</summary>
    public LatencyEstimate AfterFailure(double now)
    {
        if (Answers == 0)
        {
            return this;
        }

        double answers = Next(now, isSurprise: false);
        return this with { Answers = answers, FailedPart = FailedPart + ((1 - FailedPart) / answers), At = now };
    }

    // What was true until now is true no longer: later answers count for more.
    private bool IsSurprise(double latency, double now)
    {
        double doubt = DoubtAt(now) * Mean / Cost;
        return latency > 2 * (Mean + doubt) || latency < (Mean - doubt) / 2;
    }

    private double Next(double now, bool isSurprise) => Math.Min(EvidenceAt(now) / (isSurprise ? 2 : 1), Memory - 1) + 1;

    private double EvidenceAt(double now) => Answers * Math.Exp((At - now) / Fading);
}
