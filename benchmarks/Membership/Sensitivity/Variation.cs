using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>One constant of <see cref="AdaptiveMembership"/>, and the values to try for it.</summary>
/// <param name="Name">The name of the constant.</param>
/// <param name="Values">The values; the one in use is among them.</param>
/// <param name="Read">Reads the constant.</param>
/// <param name="Set">Makes parameters with another value.</param>
internal sealed record Variation(
    string Name, double[] Values, Func<AdaptiveParameters, double> Read, Func<AdaptiveParameters, double, AdaptiveParameters> Set)
{
    public static readonly IReadOnlyList<Variation> All =
    [
        new("NeedlessShare", [0.002, 0.0035, 0.007, 0.014, 0.028], p => p.NeedlessShare, (p, value) => p with { NeedlessShare = value }),
        new("MinSignificance", [0.001, 0.002, 0.004, 0.006, 0.01], p => p.MinSignificance,
            (p, value) => p with { MinSignificance = value }),
        new("MaxSignificance", [0.0075, 0.015, 0.03, 0.06, 0.12], p => p.MaxSignificance, (p, value) => p with { MaxSignificance = value }),
        new("ReplacementSignificance", [1e-5, 3e-4, 0.003, 0.03, 0.3], p => p.ReplacementSignificance,
            (p, value) => p with { ReplacementSignificance = value }),
        new("JointSignificance", [0.05, 0.1, 0.2, 0.4, 0.8], p => p.JointSignificance, (p, value) => p with { JointSignificance = value }),
        new("SuspicionSignificance", [0, 0.0125, 0.05, 0.2, 1], p => p.SuspicionSignificance,
            (p, value) => p with { SuspicionSignificance = value }),
        new("MaxNewcomerProbability", [0.15, 0.3, 0.6, 0.8, 0.95, 1], p => p.MaxNewcomerProbability,
            (p, value) => p with { MaxNewcomerProbability = value }),
        Whole("MinReturns", [1, 2, 3, 5, 8], p => p.MinReturns, (p, value) => p with { MinReturns = value }),
        new("RareDeviations", [0, 0.75, 1.5, 2.25, 3], p => p.RareDeviations, (p, value) => p with { RareDeviations = value }),
        new("CautionDeviations", [0, 0.25, 0.5, 1, 1.5], p => p.CautionDeviations, (p, value) => p with { CautionDeviations = value }),
        Whole("MaxChances", [32, 64, 128, 256, 512], p => p.MaxChances, (p, value) => p with { MaxChances = value }),
        new("PriorReturns", [0.1, 0.25, 0.5, 0.75, 1], p => p.PriorReturns, (p, value) => p with { PriorReturns = value }),
        new("MaxProbability", [0.9, 0.97, 0.99, 0.997, 0.999], p => p.MaxProbability, (p, value) => p with { MaxProbability = value }),
        Whole("Window", [16, 32, 64, 128, 256], p => p.Window, (p, value) => p with { Window = value }),
        new("MinReturnedShare", [0, 0.125, 0.25, 0.5, 0.75], p => p.MinReturnedShare, (p, value) => p with { MinReturnedShare = value }),
        new("MinLossyShare", [0.1, 0.25, 0.5, 0.75, 1], p => p.MinLossyShare, (p, value) => p with { MinLossyShare = value }),
        Whole("MinShortAbsences", [1, 2, 3, 4, 8], p => p.MinShortAbsences, (p, value) => p with { MinShortAbsences = value }),
        Whole("MaxShortAbsence", [0, 1, 3, 6, 12], p => p.MaxShortAbsence, (p, value) => p with { MaxShortAbsence = value }),
        Whole("MinNewRun", [1, 2, 3, 4, 6], p => p.MinNewRun, (p, value) => p with { MinNewRun = value }),
        Whole("MinNewReturns", [0, 1, 2, 3, 4], p => p.MinNewReturns, (p, value) => p with { MinNewReturns = value }),
        Whole("MinSampleSize", [1, 2, 3, 6, 8, 9], p => p.MinSampleSize, (p, value) => p with { MinSampleSize = value }),
        new("PatienceFactor", [1, 2, 3, 4, 6, 8, 1e6], p => p.PatienceFactor, (p, value) => p with { PatienceFactor = value }),
        Whole("PatienceHalfLife", [16, 32, 64, 128, 256, 1024], p => p.PatienceHalfLife, (p, value) => p with { PatienceHalfLife = value }),
    ];

    private static Variation Whole(
        string name, double[] values, Func<AdaptiveParameters, double> read, Func<AdaptiveParameters, int, AdaptiveParameters> set) =>
        new(name, values, read, (parameters, value) => set(parameters, (int)value));
}
