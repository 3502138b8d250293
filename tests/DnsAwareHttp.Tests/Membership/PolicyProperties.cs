using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using FsCheck.Xunit;
using static DnsAwareHttp.Tests.Membership.Trace;

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
    public void Adaptive_AnAbsence_IsToleratedForAMultipleOfTheLongestAbsenceThatEnded(GeneratedTrace trace)
    {
        AdaptiveParameters parameters = AdaptiveParameters.Default;
        SeenAnswers seen = new();
        foreach (Decision decision in trace.Decide(Adaptive(trace)))
        {
            seen.Add(decision.Answer);
            double longest = parameters.PatienceFactor * Math.Max(seen.LongestEnded, seen.WhollyNewRun >= 3 ? parameters.Window : 0);

            decision.After.History!.LongestAbsence.Should().BeInRange(0, seen.LongestEnded);
            decision.After.All.Where(member => member.Absences > longest).Should().BeEmpty();
        }
    }

    [Property]
    public void Adaptive_AbsencesThatEnded_LoseWeight(GeneratedTrace trace, GeneratedAnswer last)
    {
        int half = AdaptiveParameters.Default.PatienceHalfLife;
        ImmutableArray<GeneratedAnswer> calm = [.. Enumerable.Repeat(last, half + 2)];
        Decision[] decisions = [.. (trace with { Answers = [.. trace.Answers, .. calm] }).Decide(Adaptive(trace))];

        // The first of the equal answers may still end an absence.
        double before = decisions[trace.Answers.Length].After.History!.LongestAbsence;
        decisions[^1].After.History!.LongestAbsence.Should().BeLessThanOrEqualTo(before / 2);
    }

    [Property]
    public void Adaptive_NoAddressEverReturns_DecidesAsStrict(GeneratedTrace trace)
    {
        StrictMembership strict = new(trace.Max, subsetSeed: 1);
        Members members = Members.None, expected = Members.None;
        AdaptiveMembership adaptive = Adaptive(trace);
        foreach ((int index, ImmutableArray<IPAddress> answer) in Chain(trace).Index())
        {
            members = adaptive.Decide(members, answer, isComplete: false, GeneratedTrace.At(index));
            expected = strict.Decide(expected, answer, isComplete: false, GeneratedTrace.At(index));
            members.All.Should().Equal(expected.All);
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

    // Answers of one or two addresses. An address that was lost has another number when the trace names it again.
    private static IEnumerable<ImmutableArray<IPAddress>> Chain(GeneratedTrace trace)
    {
        Dictionary<int, int> names = [];
        int next = 1_000;
        foreach (GeneratedAnswer answer in trace.Answers)
        {
            int[] numbers = [.. answer.Numbers.Take(2)];
            names = numbers.ToDictionary(number => number, number => names.TryGetValue(number, out int known) ? known : next++);
            yield return Addresses([.. names.Values]);
        }
    }

    private static ImmutableArray<int> Rotated(ImmutableArray<int> numbers, int by) =>
        [.. numbers.Skip(by % numbers.Length), .. numbers.Take(by % numbers.Length)];
}

/// <summary>The answers so far, counted in the plainest way.</summary>
internal sealed class SeenAnswers
{
    private readonly Dictionary<IPAddress, int> _last = [];
    private int _count;
    private int _run;

    /// <summary>The longest absence that ended, in answers.</summary>
    public int LongestEnded { get; private set; }

    /// <summary>The most answers in a row with three or more addresses that were all new.</summary>
    public int WhollyNewRun { get; private set; }

    public void Add(ImmutableArray<IPAddress> answer)
    {
        _count++;
        bool isWhollyNew = _count > 1 && answer.Length >= 3 && !answer.Any(_last.ContainsKey);
        _run = isWhollyNew ? _run + 1 : 0;
        WhollyNewRun = Math.Max(WhollyNewRun, _run);
        foreach (IPAddress address in answer)
        {
            LongestEnded = Math.Max(LongestEnded, _count - _last.GetValueOrDefault(address, _count - 1) - 1);
            _last[address] = _count;
        }
    }
}
