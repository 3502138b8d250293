using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>Strict while the answers are the set, patient while they are samples of it; it finds out by watching.</summary>
/// <remarks>
/// While answers rotate, an absent address is kept until its absence is improbable: with a chance p to come back with the next answer, about ln(0.01) / ln(1 - p) answers.
/// When nobody who was known before appears any more, all of them leave sooner, together.
/// </remarks>
/// <param name="maxMembers">The most members; of a larger answer a <see cref="AddressSubset"/> is used.</param>
/// <param name="subsetSeed">What makes this process's subset its own.</param>
/// <param name="maxStale">An address absent for longer than this leaves whatever the answers look like.</param>
internal sealed class AdaptiveMembership(int maxMembers, int subsetSeed, TimeSpan maxStale) : IMembershipPolicy
{
    /// <summary>When all others known before are missing too, so much doubt about one is let pass.</summary>
    private const double ImprobableWithOthers = 0.2;

    public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
    {
        HashSet<IPAddress> members = [.. current.All.Select(member => member.Address)];
        AnswerHistory history = (current.History ?? AnswerHistory.None).With(answer, members);
        Members next = isComplete || !history.Rotates
            ? current.ReplacedBy(answer, AddressSubset.Of(answer, maxMembers, subsetSeed), member => WhyAbsent(member, isComplete), now)
            : Patiently(current, answer, history, members, now);
        return next with { History = history };
    }

    private static string WhyAbsent(Member member, bool isComplete)
    {
        string absent = member.Absences == 0 ? "absent 1 answer" : $"absent {member.Absences + 1} answers";
        return $"{absent}, {(isComplete ? "which is complete" : "set is stable")}";
    }

    private Members Patiently(Members current, ImmutableArray<IPAddress> answer, AnswerHistory history, HashSet<IPAddress> members, DateTimeOffset now)
    {
        HashSet<IPAddress> present = [.. answer];
        List<Member> lingering = [];
        List<MemberDeparture> departed = [];
        ReturnChances chances = ReturnChances.Of(current, history);
        foreach (Member member in current.All.Where(member => !present.Contains(member.Address)))
        {
            (DepartureReason? departure, string detail) = Judge(member, history, chances, now);
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

    // Members that the answer has stay, and new ones join while there is room: to let one go that serves for one that might is no gain.
    private ImmutableArray<IPAddress> Used(ImmutableArray<IPAddress> answer, HashSet<IPAddress> members, int lingering)
    {
        int known = answer.Count(members.Contains);
        HashSet<IPAddress> joining = [.. AddressSubset.Of([.. answer.Where(address => !members.Contains(address))], Math.Max(0, maxMembers - lingering - known), subsetSeed)];
        return [.. answer.Where(address => members.Contains(address) || joining.Contains(address))];
    }

    // No reason to leave: the member stays, and the detail tells why.
    private (DepartureReason? Departure, string Detail) Judge(Member member, AnswerHistory history, ReturnChances chances, DateTimeOffset now)
    {
        int absences = member.Absences + 1;
        if (now - member.LastSeen >= maxStale)
        {
            return (DepartureReason.AbsentTooLong, $"absent {absences} answers, for longer than {maxStale}");
        }

        if (history.Of(member.Address) is not Sighting sighting)
        {
            return (DepartureReason.AbsentTooLong, $"absent {absences} answers, forgotten");
        }

        double chance = chances.For(sighting);
        int misses = sighting.MissesAt(history.Count);
        if (history.Takeover is { IsCertain: true } takeover && sighting.First < takeover.Start && Math.Pow(1 - chance, misses) <= ImprobableWithOthers)
        {
            return (DepartureReason.SetReplaced, $"absent {misses} answers, as are all others known before: replaced");
        }

        double tolerated = Math.Ceiling(Math.Log(chances.Improbable) / Math.Log(1 - chance)) + 1;
        return misses >= tolerated
            ? (DepartureReason.AbsentTooLong, $"absent {misses} of {tolerated:0} tolerated, answers rotate")
            : (null, $"absent {misses} of {tolerated:0} tolerated, answers rotate, gap {1 / chance:0.0}");
    }
}
