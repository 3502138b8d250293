using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>Strict while the answers are the whole set, patient while they are samples of it. It learns which from the answers.</summary>
/// <remarks>
/// <para>While answers rotate, an absent address stays until chance does not explain its absence. Let p be the probability that it
/// returns with the next answer, and α the significance level. Then it stays for about ln(α) / ln(1 - p) answers.</para>
/// <para>When no address that was known before appears any more, all known addresses leave together, and sooner.</para>
/// <para><c>docs/adaptive-membership.md</c> derives the model and its constants.</para>
/// </remarks>
/// <param name="maxMembers">The maximum number of members. Of a larger answer an <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">Selects the subset of this process.</param>
/// <param name="maxStale">An address that was absent for this time leaves, whatever the answers look like.</param>
/// <param name="parameters">The constants of the model; null for <see cref="AdaptiveParameters.Default"/>.</param>
internal sealed class AdaptiveMembership(int maxMembers, int subsetSeed, TimeSpan maxStale, AdaptiveParameters? parameters = null)
    : IMembershipPolicy
{
    private readonly AdaptiveParameters _parameters = parameters ?? AdaptiveParameters.Default;

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        HashSet<IPAddress> members = [.. current.All.Select(member => member.Address)];
        AnswerHistory history = (current.History ?? new AnswerHistory(_parameters)).With(answer, members);
        Members next = isComplete || !history.Rotates
            ? current.ReplacedBy(answer, AddressSubset.Of(answer, maxMembers, subsetSeed), member => WhyAbsent(member, isComplete), now)
            : Patiently(current, answer, history, members, now);
        return next with { History = history };
    }

    private static string WhyAbsent(Member member, bool isComplete)
    {
        string absent = member.Absences == 0 ? "absent from 1 answer" : $"absent from {member.Absences + 1} answers";
        return $"{absent}, {(isComplete ? "which is complete" : "the set is stable")}";
    }

    private Members Patiently(
        Members current, ImmutableArray<IPAddress> answer, AnswerHistory history, HashSet<IPAddress> members, DateTimeOffset now)
    {
        HashSet<IPAddress> present = [.. answer];
        List<Member> lingering = [];
        List<MemberDeparture> departed = [];
        ReturnProbability returns = ReturnProbability.Of(current, history, _parameters);
        foreach (Member member in current.All.Where(member => !present.Contains(member.Address)))
        {
            (DepartureReason? departure, string detail) = Judge(member, history, returns, now);
            if (departure is DepartureReason reason)
            {
                departed.Add(new MemberDeparture(member.Address, reason, detail));
            }
            else
            {
                lingering.Add(member with { Absences = member.Absences + 1, Reason = detail });
            }
        }

        return new Members([.. current.Meet(Used(answer, members, lingering.Count), now), .. lingering], [.. departed]);
    }

    // Members that the answer has stay. New addresses join while there is room: replacing a member that serves is no gain.
    private ImmutableArray<IPAddress> Used(ImmutableArray<IPAddress> answer, HashSet<IPAddress> members, int lingering)
    {
        int known = answer.Count(members.Contains);
        ImmutableArray<IPAddress> newcomers = [.. answer.Where(address => !members.Contains(address))];
        HashSet<IPAddress> joining = [.. AddressSubset.Of(newcomers, Math.Max(0, maxMembers - lingering - known), subsetSeed)];
        return [.. answer.Where(address => members.Contains(address) || joining.Contains(address))];
    }

    // Without a reason to depart the member stays, and the detail tells why.
    private (DepartureReason? Reason, string Detail) Judge(
        Member member, AnswerHistory history, ReturnProbability returns, DateTimeOffset now)
    {
        int absences = member.Absences + 1;
        if (now - member.LastSeen >= maxStale)
        {
            return (DepartureReason.AbsentTooLong, $"absent from {absences} answers, for longer than {maxStale}");
        }

        if (history.Of(member.Address) is not AddressHistory address)
        {
            return (DepartureReason.AbsentTooLong, $"absent from {absences} answers, its history is unknown");
        }

        double probability = returns.For(address);
        int misses = address.MissesAt(history.Count);
        if (IsReplaced(address, history.Replacement, Math.Pow(1 - probability, misses)))
        {
            string replaced = $"absent from {misses} answers, as are all other addresses known before: the set was replaced";
            return (DepartureReason.SetReplaced, replaced);
        }

        double improbable = Math.Ceiling(Math.Log(returns.SignificanceLevel) / Math.Log(1 - probability)) + 1;
        double tolerated = Math.Min(improbable, Math.Ceiling(history.Patience));
        string absent = $"absent {misses} of {tolerated:0} tolerated answers, answers rotate";
        return misses >= tolerated ? (DepartureReason.AbsentTooLong, absent) : (null, $"{absent}, mean gap {1 / probability:0.0} answers");
    }

    private bool IsReplaced(AddressHistory address, ReplacementRun? replacement, double absenceProbability) =>
        replacement is not null
        && address.First < replacement.Start
        && replacement.ChanceProbability < _parameters.ReplacementSignificance
        && absenceProbability <= _parameters.JointSignificance;
}
