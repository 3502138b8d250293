namespace DnsAwareHttp.Membership;

/// <summary>Answers in a row that had nobody known before them: either the old ones are out of luck, or others have taken over.</summary>
/// <param name="Start">The first of these answers.</param>
/// <param name="Newcomers">Addresses seen since, and not before.</param>
/// <param name="Odds">How likely it is that chance alone kept the old ones out of all these answers.</param>
internal sealed record Takeover(int Start, int Newcomers, double Odds)
{
    /// <summary>Below this chance is not believed any more.</summary>
    private const double Unlikely = 0.003;

    private const double Doubtful = 0.05;

    public bool IsCertain => Odds < Unlikely;

    public bool IsLikely => Odds < Doubtful;

    /// <summary>After one more answer.</summary>
    /// <param name="size">Its addresses.</param>
    /// <param name="newcomers">Those never seen before.</param>
    /// <param name="old">Old ones that could have been in it.</param>
    /// <param name="strangers">How likely an answer without anybody known was before all this.</param>
    public Takeover With(int size, int newcomers, int old, double strangers)
    {
        int all = Newcomers + newcomers;

        // Were the old ones still there beside the new ones, each place of the answer would have been a new one's with this chance.
        double drawn = Math.Pow(all / (double)(all + Math.Max(1, old)), size);
        return this with { Newcomers = all, Odds = Odds * Math.Max(strangers, drawn) };
    }
}
