namespace DnsAwareHttp.Membership;

/// <summary>How likely absent members are to return with the next answer, while answers rotate.</summary>
internal sealed class ReturnProbability
{
    // Keeps the division finite. A rate this small always gives the greatest significance level.
    private const double MinReturnsPerAnswer = 0.01;

    private readonly AdaptiveParameters _parameters;
    private readonly double _common;
    private readonly double _rarest;

    private ReturnProbability(AdaptiveParameters parameters, double common, double rarest, double significanceLevel)
    {
        _parameters = parameters;
        _common = common;
        _rarest = rarest;
        SignificanceLevel = significanceLevel;
    }

    /// <summary>An absence whose probability is below this is not chance.</summary>
    /// <remarks>It is larger where the set is much larger than its members: there a strict policy drops members with each answer.</remarks>
    public double SignificanceLevel { get; }

    /// <summary>The probabilities that the history of the members and of other addresses gives.</summary>
    public static ReturnProbability Of(Members members, AnswerHistory history, AdaptiveParameters parameters)
    {
        double common = CommonTo(members, history, parameters);
        double returnsPerAnswer = Math.Max(MinReturnsPerAnswer, members.All.Length * common);
        double significance = parameters.NeedlessShare * history.LostPerAnswer / returnsPerAnswer;
        return new ReturnProbability(
            parameters,
            common,
            Math.Min(RarestOf(history, parameters), common),
            Math.Clamp(significance, parameters.MinSignificance, parameters.MaxSignificance));
    }

    /// <summary>The probability that an absent address returns with the next answer.</summary>
    /// <remarks>
    /// An address with few returns gets the probability of the rarest known address. An address that returns clearly more rarely than
    /// the others gets its own probability. All others share one probability.
    /// </remarks>
    public double For(AddressHistory address)
    {
        if (address.Returns < _parameters.MinReturns)
        {
            return _rarest;
        }

        double own = (double)address.Returns / address.Chances;
        double deviation = Math.Sqrt(own * (1 - own) / address.Chances);
        return own + (_parameters.RareDeviations * deviation) < _common ? own - (_parameters.CautionDeviations * deviation) : _common;
    }

    private static double CommonTo(Members members, AnswerHistory history, AdaptiveParameters parameters)
    {
        // Once a replacement is suspected, the absences since its start say nothing about the rotation before it.
        bool isSuspected = history.Replacement?.ChanceProbability < parameters.SuspicionSignificance;
        int until = isSuspected ? history.Replacement!.Start : history.Count;
        double returns = parameters.PriorReturns, chances = parameters.PriorChances;
        foreach (Member member in members.All)
        {
            if (history.Of(member.Address) is AddressHistory address)
            {
                returns += address.Returns;
                chances += address.Chances + Math.Clamp(address.MissesAt(until), 0, history.LongestExpected);
            }
        }

        return Math.Min(returns / chances, parameters.MaxProbability);
    }

    // Addresses that are no members any more count too: the successor of a rare address may be as rare.
    private static double RarestOf(AnswerHistory history, AdaptiveParameters parameters) => history.Addresses
        .Where(address => address.Returns >= parameters.MinReturns)
        .Select(address => (double)address.Returns / address.Chances)
        .Append(1)
        .Min();
}
