using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What patient policies have in common: an absent member is kept as long as a rule says, and while there is room for it.</summary>
internal static class Patience
{
    /// <summary>Those present in the answer's order, then those kept: they are told with their absences up to now, and the latest seen have the room.</summary>
    public static Members Decide(
        Members current, ImmutableArray<IPAddress> answer, DateTimeOffset now, int maxMembers, int subsetSeed, Func<Member, bool> mayStay)
    {
        ImmutableArray<IPAddress> used = AddressSubset.Of(answer, maxMembers, subsetSeed);
        HashSet<IPAddress> present = [.. used];
        List<Member> kept = [];
        List<MemberDeparture> departed = [];
        foreach (Member member in current.All.Where(member => !present.Contains(member.Address)).OrderByDescending(member => member.LastSeen))
        {
            Member absent = member with { Absences = member.Absences + 1, Reason = "absent, not long enough to leave" };
            if (used.Length + kept.Count < maxMembers && mayStay(absent))
            {
                kept.Add(absent);
            }
            else
            {
                departed.Add(new MemberDeparture(member.Address, DepartureReason.AbsentTooLong, "absent for too long, or too many are known"));
            }
        }

        return new Members([.. current.Meet(used, now), .. kept], [.. departed]);
    }
}
