using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>Strict while the answers are the set, patient while they are samples of it; it finds out by watching.</summary>
/// <remarks>
/// While answers rotate, an absent address is kept until its absence is improbable: with a chance p to be in an answer, up to ln(0.01) / ln(1 - p) answers. When nobody who was
/// known before appears any more, all of them leave together.
/// </remarks>
/// <param name="maxMembers">The most members; of a larger answer a <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">What makes this process's subset its own.</param>
/// <param name="maxStale">An address absent for longer than this leaves whatever the answers look like.</param>
internal sealed class AdaptiveMembership(int maxMembers, int subsetSeed, TimeSpan maxStale) : IMembershipPolicy
{
    private const double Improbable = 0.01;

    /// <summary>Answers more than chance alone would need: what is known of p is an estimate.</summary>
    private const int Margin = 2;

    /// <summary>What is known of all weighs as much as so many answers about one.</summary>
    private const double PriorWeight = 8;

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        HashSet<IPAddress> members = [.. current.All.Select(member => member.Address)];
        AnswerHistory history = (current.History ?? AnswerHistory.None).With(answer, members);
        Members next = isComplete || !history.Rotates ? Replace(current, answer, isComplete, now) : Patiently(current, answer, history, members, now);
        return next with { History = history };
    }

    private Members Replace(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        ImmutableArray<IPAddress> used = AddressSubset.Of(answer, maxMembers, subsetSeed);
        HashSet<IPAddress> chosen = [.. used];
        HashSet<IPAddress> offered = [.. answer];
        return new Members(
            current.Meet(used, now),
            [.. current.All.Where(member => !chosen.Contains(member.Address)).Select(member => new Departure(member.Address, WhyNot(member, offered, isComplete)))]);
    }

    private static string WhyNot(Member member, HashSet<IPAddress> offered, bool isComplete)
    {
        if (offered.Contains(member.Address))
        {
            return "outside the subset used of a larger set";
        }

        string absent = member.Absences == 0 ? "absent 1 answer" : $"absent {member.Absences + 1} answers";
        return $"{absent}, {(isComplete ? "which is complete" : "set is stable")}";
    }

    private Members Patiently(Members current, ImmutableArray<IPAddress> answer, AnswerHistory history, HashSet<IPAddress> members, DateTimeOffset now)
    {
        HashSet<IPAddress> present = [.. answer];
        List<Member> lingering = [];
        List<Departure> departed = [];
        double common = CommonChance(current, history);
        foreach (Member member in current.All.Where(member => !present.Contains(member.Address)))
        {
            (string reason, bool stays) = Judge(member, history, common, now);
            if (stays)
            {
                lingering.Add(member with { Absences = member.Absences + 1, Reason = reason });
            }
            else
            {
                departed.Add(new Departure(member.Address, reason));
            }
        }

        return new Members([.. current.Meet(Used(answer, members, lingering.Count), now), .. lingering], [.. departed]);
    }

    // Members that the answer has stay, and new ones join while there is room: to let one go that serves for one that might is no gain.
    private ImmutableArray<IPAddress> Used(ImmutableArray<IPAddress> answer, HashSet<IPAddress> members, int lingering)
    {
        int known = answer.Count(members.Contains);
        HashSet<IPAddress> joining = [.. AddressSubset.Of([.. answer.Where(address => !members.Contains(address))], Math.Max(0, maxMembers - lingering - known), subsetSeed)];
        return [.. answer.Where(address => members.Contains(address) || joining.Contains(address))];
    }

    private (string Reason, bool Stays) Judge(Member member, AnswerHistory history, double common, DateTimeOffset now)
    {
        int absences = member.Absences + 1;
        if (now - member.LastSeen >= maxStale)
        {
            return ($"absent {absences} answers, for longer than {maxStale}", false);
        }

        if (history.Of(member.Address) is not Sighting sighting)
        {
            return ($"absent {absences} answers, forgotten", false);
        }

        if (history.Takeover is { IsCertain: true } takeover && sighting.First < takeover.Start)
        {
            return ($"absent {absences} answers, as are all others known before: replaced", false);
        }

        double chance = Math.Min(common, OwnChance(sighting, common));
        double tolerated = Math.Ceiling(Math.Log(Improbable) / Math.Log(1 - chance)) + Margin;
        int misses = sighting.MissesAt(history.Count);
        return misses > tolerated
            ? ($"absent {misses} of {tolerated:0} tolerated, answers rotate", false)
            : ($"absent {misses} of {tolerated:0} tolerated, answers rotate, gap {1 / chance:0.0}", true);
    }

    /// <summary>The chance of a member to be in an answer, over all members; their first answers are left out, for these made them members.</summary>
    private static double CommonChance(Members current, AnswerHistory history)
    {
        double returns = 0.5, chances = 1;
        foreach (Member member in current.All)
        {
            if (history.Of(member.Address) is Sighting sighting)
            {
                returns += sighting.Returns;
                chances += sighting.Chances + sighting.MissesAt(history.Count);
            }
        }

        return Math.Min(returns / chances, 0.99);
    }

    // The lower end of what its own appearances allow.
    private static double OwnChance(Sighting sighting, double common)
    {
        double weight = sighting.Chances + PriorWeight;
        double chance = (sighting.Returns + (PriorWeight * common)) / weight;
        return Math.Max(chance / 4, chance - Math.Sqrt(chance * (1 - chance) / weight));
    }
}
