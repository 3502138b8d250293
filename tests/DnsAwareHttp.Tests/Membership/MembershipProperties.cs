using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using FsCheck.Xunit;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

/// <summary>The contract of <see cref="IMembershipPolicy"/>, checked on generated traces for every policy.</summary>
[Properties(Arbitrary = [typeof(GeneratedTraces)], MaxTest = 100)]
public sealed class MembershipProperties
{
    [Property]
    public void EveryPreviousMember_StaysOrDeparts_AndNobodyElseDeparts(MembershipMode mode, GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Policy(mode, trace.Max)))
        {
            decision.Departed.Should().OnlyHaveUniqueItems().And.NotIntersectWith(decision.Members).And.BeSubsetOf(decision.Old);
            decision.Old.Should().BeSubsetOf(decision.Members.Concat(decision.Departed));
        }
    }

    [Property]
    public void Members_AreAtLeastOneAndAtMostTheMaximum(MembershipMode mode, GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Policy(mode, trace.Max)))
        {
            decision.Members.Should().OnlyHaveUniqueItems();
            decision.After.All.Length.Should().BeInRange(1, trace.Max);
        }
    }

    [Property]
    public void NewMembers_AreInTheAnswer(MembershipMode mode, GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Policy(mode, trace.Max)))
        {
            decision.Members.Except(decision.Old).Should().BeSubsetOf(decision.Answer);
        }
    }

    [Property]
    public void KnownMembers_KeepTheTimeWhenTheyWereFirstSeen(MembershipMode mode, GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Policy(mode, trace.Max)))
        {
            ImmutableArray<Member> before = decision.Before.All;
            foreach (Member member in decision.After.All)
            {
                Member? known = before.FirstOrDefault(old => old.Address.Equals(member.Address));
                member.FirstSeen.Should().Be(known?.FirstSeen ?? decision.Now);
            }
        }
    }

    [Property]
    public void Absences_AreAboveZeroExactlyWhileAMemberIsNotSeen(MembershipMode mode, GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Policy(mode, trace.Max)))
        {
            IEnumerable<IPAddress> seen = mode == MembershipMode.Logical ? decision.Answer.Take(1) : decision.Answer;
            foreach (Member member in decision.After.All)
            {
                bool isSeen = seen.Contains(member.Address);
                (member.LastSeen == decision.Now).Should().Be(isSeen);
                int before = decision.Before.All.FirstOrDefault(old => old.Address.Equals(member.Address))?.Absences ?? 0;
                member.Absences.Should().Be(isSeen ? 0 : before + 1);
            }
        }
    }

    [Property]
    public void Decide_TheSameArguments_GiveTheSameDecision(MembershipMode mode, GeneratedTrace trace, GeneratedTrace meanwhile)
    {
        IMembershipPolicy policy = Policy(mode, trace.Max);
        foreach (Decision decision in trace.Decide(policy))
        {
            // Other decisions from the same members leave no trace in them or in the policy.
            _ = policy.Decide(decision.Before, meanwhile.Answers[0].Addresses, isComplete: true, decision.Now);

            Members again = policy.Decide(decision.Before, decision.Answer, decision.IsComplete, decision.Now);

            again.All.Should().Equal(decision.After.All);
            again.Departed.Should().Equal(decision.After.Departed);
        }
    }

    [Property]
    public void Decide_TheAnswerInAnotherOrder_DecidesTheSame(GeneratedTrace trace, bool isStrict)
    {
        MembershipMode mode = isStrict ? MembershipMode.Strict : MembershipMode.Adaptive;
        GeneratedTrace reversed = trace with
        {
            Answers = [.. trace.Answers.Select(answer => answer with { Numbers = [.. answer.Numbers.Reverse()] })],
        };

        foreach ((Decision one, Decision other) in trace.Decide(Policy(mode, trace.Max)).Zip(reversed.Decide(Policy(mode, trace.Max))))
        {
            other.After.All.ToHashSet().SetEquals(one.After.All).Should().BeTrue();
            other.After.Departed.ToHashSet().SetEquals(one.After.Departed).Should().BeTrue();
        }
    }

    [Property]
    public void Decide_OtherNamesForTheSameAddresses_DecidesTheSame(MembershipMode mode, GeneratedTrace trace)
    {
        // Above the maximum a hash of the address decides. Below it no address is better than another.
        GeneratedTrace roomy = trace with { Max = GeneratedTrace.Addresses };
        GeneratedTrace renamed = roomy with
        {
            Answers = [.. roomy.Answers.Select(answer => answer with { Numbers = [.. answer.Numbers.Select(Renamed)] })],
        };

        foreach ((Decision one, Decision other) in roomy.Decide(Policy(mode, roomy.Max)).Zip(renamed.Decide(Policy(mode, renamed.Max))))
        {
            other.After.All.Select(member => member with { Address = IPAddress.Any }).Should().Equal(
                one.After.All.Select(member => member with { Address = IPAddress.Any }));
            other.Members.Should().Equal(one.Members.Select(address => Address(Renamed(address.GetAddressBytes()[3]))));
        }

        static int Renamed(int number) => 1_000 - number;
    }

    [Property]
    public void AfterManyEqualAnswers_TheMembersAreTheAnswer(GeneratedTrace trace, GeneratedAnswer last, bool isStrict)
    {
        IMembershipPolicy policy = Policy(isStrict ? MembershipMode.Strict : MembershipMode.Adaptive, GeneratedTrace.Addresses);
        ImmutableArray<GeneratedAnswer> repeated = [.. Enumerable.Repeat(last, AdaptiveParameters.Default.Window + 1)];

        Decision end = (trace with { Max = GeneratedTrace.Addresses, Answers = [.. trace.Answers, .. repeated] }).Decide(policy).Last();

        end.Members.Should().Equal(end.Answer);
    }

    private static IMembershipPolicy Policy(MembershipMode mode, int max) => mode switch
    {
        MembershipMode.Strict => new StrictMembership(max, subsetSeed: 1),
        MembershipMode.Logical => new LogicalMembership(max),
        _ => new AdaptiveMembership(max, subsetSeed: 1, GeneratedTrace.MaxStale),
    };
}
