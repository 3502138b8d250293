namespace DnsAwareHttp.Health;

/// <summary>What is known of the time that an endpoint takes to answer: a mean, and how sure it is.</summary>
/// <remarks>
/// All times are seconds; nothing here has a clock. A single answer says little: servers pause, and a long poll takes as long as it likes.
/// So the variance is kept, too. Two endpoints differ only if that can hardly be chance. Evidence fades with time, and an endpoint that was
/// slow is tried again.
/// </remarks>
/// <param name="Mean">The mean time of the latest answers.</param>
/// <param name="Variance">Their variance.</param>
/// <param name="Answers">So many answers are the evidence. 0: nothing is known.</param>
/// <param name="FailedPart">The part of the requests that failed of late.</param>
/// <param name="At">When the latest of them ended.</param>
internal readonly record struct LatencyEstimate(double Mean, double Variance, double Answers, double FailedPart, double At)
{
    /// <summary>Evidence of more answers is not kept.</summary>
    private const double MaxAnswers = 32;

    /// <summary>A third of the evidence is left after this time.</summary>
    private const double Fading = 100;

    /// <summary>The doubt is so many standard errors.</summary>
    private const double StandardErrors = 2;

    /// <summary>The least standard deviation, as a part of the mean. Smaller differences are not worth a choice.</summary>
    private const double MinDeviation = 0.25;

    /// <summary>An answer counts at most as so many mean ones. A long poll must not hide what the others tell.</summary>
    private const double MaxPeak = 4;

    /// <summary>An answer that is so many standard deviations away is a surprise.</summary>
    private const double Surprise = 2.5;

    /// <summary>A slow surprise leaves half of the evidence: the next answers count twice as much.</summary>
    private const double SlowSurprise = 2;

    /// <summary>A fast surprise leaves next to nothing of it: the endpoint is well again.</summary>
    private const double FastSurprise = 16;

    /// <summary>A failure costs as much as so many answers.</summary>
    private const double FailureCost = 8;

    /// <summary>The expected cost of a request: the mean, and more of it if requests fail.</summary>
    public double Cost => Mean * (1 + (FailureCost * FailedPart));

    /// <summary>How far from <see cref="Cost"/> the truth may be, at a moment.</summary>
    public double DoubtAt(double now)
    {
        double answers = EvidenceAt(now);
        double factor = 1 + (FailureCost * FailedPart);
        double failures = Mean * Mean * FailureCost * FailureCost * FailedPart * (1 - FailedPart);
        return StandardErrors * Math.Sqrt(((VarianceOf(answers) * factor * factor) + failures) / answers);
    }

    /// <summary>A request was answered well.</summary>
    public LatencyEstimate After(double latency, double now)
    {
        if (Answers == 0)
        {
            return new LatencyEstimate(latency, 0, 1, 0, now);
        }

        double answers = Math.Min(EvidenceBefore(latency, now), MaxAnswers - 1) + 1;
        double part = 1 / answers;
        double beyond = Math.Min(latency, MaxPeak * Mean) - Mean;
        return new LatencyEstimate(
            Mean + (part * beyond), (1 - part) * (Variance + (part * beyond * beyond)), answers, FailedPart * (1 - part), now);
    }

    /// <summary>A request failed. The time that this took tells nothing: an endpoint that fails at once is not fast.</summary>
    public LatencyEstimate AfterFailure(double now)
    {
        if (Answers == 0)
        {
            return this;
        }

        double answers = Math.Min(EvidenceAt(now), MaxAnswers - 1) + 1;
        return this with { Answers = answers, FailedPart = FailedPart + ((1 - FailedPart) / answers), At = now };
    }

    // After a surprise, what was true is true no longer.
    private double EvidenceBefore(double latency, double now)
    {
        double answers = EvidenceAt(now);
        double beyond = latency - Mean;
        bool isSurprise = beyond * beyond > Surprise * Surprise * VarianceOf(answers);
        return !isSurprise ? answers : answers / (beyond > 0 ? SlowSurprise : FastSurprise);
    }

    // Of few answers the variance is not known.
    private double VarianceOf(double answers)
    {
        double least = Mean * (MinDeviation + (1 / (answers + 1)));
        return Math.Max(Variance, least * least);
    }

    // Most answers follow each other soon.
    private double EvidenceAt(double now) => now - At < 0.1 ? Answers : Answers * Math.Exp((At - now) / Fading);
}
