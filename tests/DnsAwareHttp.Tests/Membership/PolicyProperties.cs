using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using FsCheck.Xunit;

namespace DnsAwareHttp.Tests.Membership;

/// <summary>What each policy promises beside the common contract, checked on generated traces.</summary>
[Properties(Arbitrary = [typeof(GeneratedTraces)], MaxTest = 100)]
public sealed class PolicyProperties
{
    [Property]
    public void Strict_TheMembersAreTheAnswer_OrItsSubsetInTheSameOrder(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(new StrictMembership(trace.Max, subsetSeed: 1)))
        {
            decision.Members.Should().Equal(AddressSubset.Of(decision.Answer, trace.Max, seed: 1));
        }
    }

    [Property]
    public void Strict_TheReasonTellsWhetherTheAnswerHadTheAddress(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(new StrictMembership(trace.Max, subsetSeed: 1)))
        {
            foreach (MemberDeparture departure in decision.After.Departed)
            {
                bool isPresent = decision.Answer.Contains(departure.Address);
                departure.Reason.Should().Be(isPresent ? DepartureReason.OverLimit : DepartureReason.LeftDns);
            }
        }
    }

    [Property]
    public void Logical_TheFirstAddressIsTheOnlyOneThatIsPresent(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(new LogicalMembership(trace.Max)))
        {
            decision.After.All[0].Address.Should().Be(decision.Answer[0]);
            decision.After.All.Where(member => member.Absences == 0).Should().ContainSingle();
        }
    }

    [Property]
    public void Logical_OnlyForWantOfRoom_TheMemberThatWasFirstLongestAgoDeparts(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(new LogicalMembership(trace.Max)))
        {
            decision.After.Departed.Length.Should().Be(Math.Max(0, decision.Old.Union(decision.Answer.Take(1)).Count() - trace.Max));
            DateTimeOffset oldest = decision.After.All.Min(member => member.LastSeen);
            decision.Before.All.Where(member => decision.Departed.Contains(member.Address) && member.LastSeen > oldest).Should().BeEmpty();
            decision.After.Departed.Where(departure => departure.Reason != DepartureReason.OverLimit).Should().BeEmpty();
        }
    }

    [Property]
    public void Adaptive_ACompleteAnswer_IsTheSetAtOnce(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Adaptive(trace)).Where(decision => decision.IsComplete))
        {
            decision.Members.Should().Equal(AddressSubset.Of(decision.Answer, trace.Max, seed: 1));
        }
    }

    [Property]
    public void Adaptive_AnAddressOfTheAnswer_DepartsOnlyWhereTheAnswerIsLargerThanTheMaximum(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Adaptive(trace)).Where(decision => decision.Answer.Length <= trace.Max))
        {
            decision.Departed.Should().NotIntersectWith(decision.Answer);
        }
    }

    [Property]
    public void Adaptive_WhileThereIsRoom_EveryAddressOfTheAnswerIsAMember(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Adaptive(trace)).Where(decision => decision.After.All.Length < trace.Max))
        {
            decision.Answer.Should().BeSubsetOf(decision.Members);
        }
    }

    [Property]
    public void Adaptive_WhileAnswersDoNotRotate_DecidesAsStrict(GeneratedTrace trace)
    {
        StrictMembership strict = new(trace.Max, subsetSeed: 1);
        foreach (Decision decision in trace.Decide(Adaptive(trace)).Where(decision => !decision.After.History!.Rotates))
        {
            Members expected = strict.Decide(decision.Before, decision.Answer, decision.IsComplete, decision.Now);

            decision.After.All.Should().Equal(expected.All);
            decision.Departed.Should().Equal(expected.Departed.Select(departure => departure.Address));
        }
    }

    [Property]
    public void Adaptive_TheSameSetInEachAnswer_LetsNobodyGo(GeneratedTrace trace)
    {
        GeneratedAnswer set = trace.Answers[0];
        GeneratedTrace calm = trace with
        {
            Answers = [.. trace.Answers.Select((_, i) => set with { Numbers = Rotated(set.Numbers, i), IsComplete = false })],
        };

        calm.Decide(Adaptive(trace)).SelectMany(decision => decision.Departed).Should().BeEmpty();
    }

    [Property]
    public void Adaptive_TheHoldOfAnAbsentMember_EndsAtMaxStale(GeneratedTrace trace)
    {
        foreach (Decision decision in trace.Decide(Adaptive(trace)))
        {
            decision.After.All.Where(member => decision.Now - member.LastSeen >= GeneratedTrace.MaxStale).Should().BeEmpty();
        }
    }

    [Property]
    public void Adaptive_OneMoreAbsence_NeverLengthensTheTolerance(GeneratedTrace trace)
    {
        GeneratedAnswer last = trace.Answers[^1] with { IsComplete = false };
        GeneratedTrace longer = trace with { Answers = [.. trace.Answers, .. Enumerable.Repeat(last, 70)] };
        HashSet<IPAddress> gone = [];
        foreach (Decision decision in longer.Decide(Adaptive(trace)).Skip(trace.Answers.Length))
        {
            gone.UnionWith(decision.Departed);
            decision.Members.Except(decision.Answer).Should().NotIntersectWith(gone);
        }
    }

    [Property]
    public void Adaptive_WhatItRemembers_IsBoundedAndIsProbability(GeneratedTrace trace)
    {
        AdaptiveParameters parameters = AdaptiveParameters.Default;
        foreach (Decision decision in trace.Decide(Adaptive(trace)))
        {
            AnswerHistory history = decision.After.History!;
            ReturnProbability returns = ReturnProbability.Of(decision.After, history, parameters);

            history.Addresses.Count.Should().BeLessThanOrEqualTo(decision.Before.All.Length + AnswerHistory.MaxOthers);
            returns.SignificanceLevel.Should().BeInRange(parameters.MinSignificance, parameters.MaxSignificance);
            history.Addresses.Select(returns.For).Where(p => p <= 0 || p > parameters.MaxProbability).Should().BeEmpty();
            (history.Replacement?.ChanceProbability ?? 1).Should().BeInRange(0, 1);
        }
    }

    private static AdaptiveMembership Adaptive(GeneratedTrace trace) => new(trace.Max, subsetSeed: 1, GeneratedTrace.MaxStale);

    private static ImmutableArray<int> Rotated(ImmutableArray<int> numbers, int by) =>
        [.. numbers.Skip(by % numbers.Length), .. numbers.Take(by % numbers.Length)];
}
