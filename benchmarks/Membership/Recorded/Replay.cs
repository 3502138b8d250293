using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>How a policy did on recorded answers, of which nobody knows what really was in service: who came back soon should have stayed.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="MembersOverTime">How many members there were after each answer.</param>
/// <param name="BackSoon">Departures of addresses that answers had again soon: needless.</param>
/// <param name="BackLater">Departures of addresses that answers had again later.</param>
/// <param name="NotBack">Departures of addresses that no later answer had.</param>
internal sealed record Replay(NamedPolicy Policy, ImmutableArray<int> MembersOverTime, int BackSoon, int BackLater, int NotBack)
{
    public int Departures => BackSoon + BackLater + NotBack;

    /// <param name="policy">The policy.</param>
    /// <param name="answers">The answers that were not lost.</param>
    /// <param name="maxMembers">The most members.</param>
    /// <param name="within">Answers after a departure that are soon.</param>
    public static Replay Of(NamedPolicy policy, ImmutableArray<Step> answers, int maxMembers, int within)
    {
        List<int> gaps = [];
        ImmutableArray<int>.Builder counts = ImmutableArray.CreateBuilder<int>(answers.Length);
        Dictionary<IPAddress, int> departed = [];
        IMembershipPolicy decider = policy.Make(maxMembers);
        Members members = Members.None;
        for (int i = 0; i < answers.Length; i++)
        {
            foreach (IPAddress back in answers[i].Answer.Where(departed.ContainsKey))
            {
                gaps.Add(i - departed[back]);
                _ = departed.Remove(back);
            }

            IEnumerable<IPAddress> before = members.All.Select(member => member.Address);
            members = decider.Decide(members, answers[i].Answer, isComplete: false, answers[i].At);
            foreach (IPAddress gone in before.Except(members.All.Select(member => member.Address)))
            {
                // Of a large answer some are left though present: they are back with the next one that has them.
                departed[gone] = i;
            }

            counts.Add(members.All.Length);
        }

        int soon = gaps.Count(gap => gap <= within);
        return new Replay(policy, counts.MoveToImmutable(), soon, gaps.Count - soon, departed.Count);
    }
}
