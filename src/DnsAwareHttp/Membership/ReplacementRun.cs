namespace DnsAwareHttp.Membership;

/// <summary>Answers in a row without any address known before them.</summary>
/// <remarks>Either chance kept the known addresses out of them, or others replaced the known addresses.</remarks>
/// <param name="Start">The number of the first of these answers.</param>
/// <param name="Newcomers">Addresses that were first seen in these answers.</param>
/// <param name="ChanceProbability">The probability that chance alone kept the known addresses out of all these answers.</param>
internal sealed record ReplacementRun(int Start, int Newcomers, double ChanceProbability)
{
    /// <summary>The run that starts with the answer of that number, before that answer counts.</summary>
    public static ReplacementRun From(int start) => new(start, Newcomers: 0, ChanceProbability: 1);

    /// <summary>The run after one more answer.</summary>
    /// <param name="size">The number of addresses in the answer.</param>
    /// <param name="newcomers">The part of them that no earlier answer had.</param>
    /// <param name="known">Addresses known before the run that could have been in the answer.</param>
    /// <param name="newcomerProbability">How often an answer had no known address before the run.</param>
    public ReplacementRun With(int size, int newcomers, int known, double newcomerProbability)
    {
        int all = Newcomers + newcomers;

        // If the known addresses were still in the set, this is the probability that each place of the answer went to a newcomer.
        double drawn = Math.Pow(all / (double)(all + Math.Max(1, known)), size);
        return this with { Newcomers = all, ChanceProbability = ChanceProbability * Math.Max(newcomerProbability, drawn) };
    }
}
