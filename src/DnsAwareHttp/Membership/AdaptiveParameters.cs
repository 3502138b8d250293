namespace DnsAwareHttp.Membership;

/// <summary>The constants of <see cref="AdaptiveMembership"/>. Each is derived and varied in <c>docs/adaptive-membership.md</c>.</summary>
/// <remarks>They are not options. They are properties, so that <c>benchmarks/Membership -- --sensitivity</c> can vary them.</remarks>
internal sealed record AdaptiveParameters
{
    public static readonly AdaptiveParameters Default = new();

    /// <summary>Share of the departures of <see cref="StrictMembership"/> that may be needless. Derived in section 3.1.</summary>
    public double NeedlessShare { get; init; } = 0.007;

    /// <summary>Least significance level of an absence. Derived in section 3.2.</summary>
    public double MinSignificance { get; init; } = 0.004;

    /// <summary>Greatest significance level of an absence. Derived in section 3.2.</summary>
    public double MaxSignificance { get; init; } = 0.03;

    /// <summary>Significance level of the replacement of a whole set. Derived in section 4.1.</summary>
    public double ReplacementSignificance { get; init; } = 0.003;

    /// <summary>Significance level of one absence within such a replacement. Derived in section 4.2.</summary>
    public double JointSignificance { get; init; } = 0.2;

    /// <summary>Below this probability a replacement is suspected, and its absences teach nothing. Derived in section 4.3.</summary>
    public double SuspicionSignificance { get; init; } = 0.05;

    /// <summary>Answers without any known address that are more frequent than this are no evidence. Derived in section 4.4.</summary>
    public double MaxNewcomerProbability { get; init; } = 0.6;

    /// <summary>Returns of one address below which its own probability is not used. Derived in section 5.1.</summary>
    public int MinReturns { get; init; } = 3;

    /// <summary>Standard deviations below the common probability from which an address counts as rare. Derived in section 5.2.</summary>
    public double RareDeviations { get; init; } = 1.5;

    /// <summary>Standard deviations that are taken off the probability of a rare address. Derived in section 5.3.</summary>
    public double CautionDeviations { get; init; } = 0.5;

    /// <summary>Chances of one address after which its older ones lose half of their weight. Derived in section 5.4.</summary>
    public int MaxChances { get; init; } = 128;

    /// <summary>Returns that are assumed before there is evidence, in <see cref="PriorChances"/> chances. Derived in section 5.5.</summary>
    public double PriorReturns { get; init; } = 0.5;

    /// <summary>Chances that are assumed before there is evidence. Derived in section 5.5.</summary>
    public double PriorChances { get; init; } = 1;

    /// <summary>Greatest probability of a return. Derived in section 5.6.</summary>
    public double MaxProbability { get; init; } = 0.99;

    /// <summary>Answers whose differences are remembered. Derived in section 6.1.</summary>
    public int Window { get; init; } = 64;

    /// <summary>Share of the lost addresses that return where answers rotate. Derived in section 6.2.</summary>
    public double MinReturnedShare { get; init; } = 0.25;

    /// <summary>Share of the answers that lose an address where answers rotate. Derived in section 6.3.</summary>
    public double MinLossyShare { get; init; } = 0.5;

    /// <summary>Short absences that prove rotation. Derived in section 6.4.</summary>
    public int MinShortAbsences { get; init; } = 2;

    /// <summary>Longest absence, in answers, that is short. Derived in section 6.4.</summary>
    public int MaxShortAbsence { get; init; } = 3;

    /// <summary>Answers in a row with mostly new addresses that prove rotation. Derived in section 6.5.</summary>
    public int MinNewRun { get; init; } = 3;

    /// <summary>Returns that answers with mostly new addresses need beside them to prove rotation. Derived in section 6.5.</summary>
    public int MinNewReturns { get; init; } = 2;

    /// <summary>Addresses of an answer from which wholly new answers alone prove rotation. Derived in section 6.6.</summary>
    public int MinSampleSize { get; init; } = 3;

    /// <summary>No absence is tolerated for more than this multiple of the longest absence that ended. Derived in section 3.3.</summary>
    public double PatienceFactor { get; init; } = 4;

    /// <summary>Answers after which the longest absence that ended counts half. Derived in section 3.4.</summary>
    public int PatienceHalfLife { get; init; } = 128;
}
