namespace DnsAwareHttp.Membership;

/// <summary>How likely absent members are to come back with the next answer, while answers rotate.</summary>
internal sealed class ReturnChances
{
    /// <summary>Of the departures that strict would make, so many may be needless.</summary>
    private const double NeedlessShare = 0.007;

    private const double LeastImprobable = 0.004;
    private const double MostImprobable = 0.03;

    /// <summary>Fewer returns than this tell little about one address.</summary>
    private const int FewReturns = 3;

    private readonly double _common;
    private readonly double _rarest;

    private ReturnChances(double common, double rarest, double improbable)
    {
        _common = common;
        _rarest = rarest;
        Improbable = improbable;
    }

    /// <summary>An absence less likely than this is not believed to be chance.</summary>
    /// <remarks>Of a set much larger than its members strict would let somebody go with each answer: there an error of ours weighs little, and to be late weighs more.</remarks>
    public double Improbable { get; }

    public static ReturnChances Of(Members members, AnswerHistory history)
    {
        // Once others take over, the misses of the old ones tell nothing of how often they came before.
        int until = history.Takeover is { IsLikely: true } takeover ? takeover.Start : history.Count;
        double returns = 0.5, chances = 1, rarest = 1;
        foreach (Member member in members.All)
        {
            if (history.Of(member.Address) is Sighting sighting)
            {
                returns += sighting.Returns;
                chances += sighting.Chances + Math.Max(0, sighting.MissesAt(until));
            }
        }

        // Those that left count too: who takes the place of a rare one may be as rare.
        foreach (Sighting sighting in history.Sightings)
        {
            rarest = sighting.Returns >= FewReturns ? Math.Min(rarest, (double)sighting.Returns / sighting.Chances) : rarest;
        }

        double common = Math.Min(returns / chances, 0.99);
        double membersReturning = Math.Max(0.01, members.All.Length * common);
        return new ReturnChances(
            common, Math.Min(rarest, common), Math.Clamp(NeedlessShare * history.LostPerAnswer / membersReturning, LeastImprobable, MostImprobable));
    }

    /// <summary>That of all, unless an address' own returns tell that it comes more rarely. Of one that is little known, the rarest of the others is believed.</summary>
    public double For(Sighting sighting)
    {
        if (sighting.Returns < FewReturns)
        {
            return _rarest;
        }

        double own = (double)sighting.Returns / sighting.Chances;
        double deviation = Math.Sqrt(own * (1 - own) / sighting.Chances);
        return own + (1.5 * deviation) < _common ? Math.Max(own / 2, own - (deviation / 2)) : _common;
    }
}
