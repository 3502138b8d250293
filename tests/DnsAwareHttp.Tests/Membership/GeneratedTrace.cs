using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using FsCheck;
using FsCheck.Fluent;

namespace DnsAwareHttp.Tests.Membership;

/// <summary>Answers that a property is checked on. When a property fails, the shrinker looks for a shorter trace that fails too.</summary>
/// <remarks>FsCheck prints the seed of a failure. <c>[Property(Replay = "…")]</c> with that seed repeats it.</remarks>
/// <param name="Max">The maximum number of members.</param>
/// <param name="Answers">The answers, one per TTL.</param>
public sealed record GeneratedTrace(int Max, ImmutableArray<GeneratedAnswer> Answers)
{
    /// <summary>Addresses are numbers below this.</summary>
    public const int Addresses = 30;

    /// <summary>An address that is absent for this time leaves; that is 40 TTLs.</summary>
    internal static readonly TimeSpan MaxStale = TimeSpan.FromMinutes(20);

    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    /// <summary>When the answer of that index arrives.</summary>
    public static DateTimeOffset At(int index) => Trace.Start + (index * Ttl);

    /// <summary>The decisions of a policy, with the members before each.</summary>
    internal IEnumerable<Decision> Decide(IMembershipPolicy policy)
    {
        Members members = Members.None;
        foreach ((int index, GeneratedAnswer answer) in Answers.Index())
        {
            Members next = policy.Decide(members, answer.Addresses, answer.IsComplete, At(index));
            yield return new Decision(members, answer.Addresses, answer.IsComplete, At(index), next);
            members = next;
        }
    }

    public override string ToString() => $"at most {Max} members: {string.Join(" ", Answers)}";
}

/// <summary>One answer: the addresses by their numbers.</summary>
public sealed record GeneratedAnswer(ImmutableArray<int> Numbers, bool IsComplete)
{
    internal ImmutableArray<IPAddress> Addresses => Trace.Addresses([.. Numbers]);

    public override string ToString() => $"[{string.Join(' ', Numbers)}]{(IsComplete ? "!" : "")}";
}

/// <summary>One decision of a policy, with all that it was made from.</summary>
internal sealed record Decision(Members Before, ImmutableArray<IPAddress> Answer, bool IsComplete, DateTimeOffset Now, Members After)
{
    public IEnumerable<IPAddress> Old => Before.All.Select(member => member.Address);

    public IEnumerable<IPAddress> Members => After.All.Select(member => member.Address);

    public IEnumerable<IPAddress> Departed => After.Departed.Select(departure => departure.Address);
}

/// <summary>Makes traces of phases: whole sets, samples at random, sets in turn, and chaos.</summary>
public static class GeneratedTraces
{
    private static readonly Gen<int[]> AnyAnswer =
        from size in Gen.Choose(1, 16)
        from numbers in Gen.Shuffle(Enumerable.Range(0, GeneratedTrace.Addresses))
        select numbers[..size];

    public static Arbitrary<GeneratedTrace> Traces() => Arb.From(Trace, Shrink);

    public static Arbitrary<GeneratedAnswer> Answers() => Arb.From(AnyAnswer.SelectMany(Answer));

    private static Gen<GeneratedTrace> Trace =>
        from max in Gen.Choose(1, 20)
        from phases in Gen.Choose(1, 4).SelectMany(count => Gen.ArrayOf(Phase, count))
        select new GeneratedTrace(max, [.. phases.SelectMany(answers => answers)]);

    private static Gen<GeneratedAnswer[]> Phase =>
        from length in Gen.Choose(1, 25)
        from set in AnyAnswer
        from sample in Gen.Choose(1, set.Length)
        from phase in Gen.OneOf(Stable(length, set), Samples(length, set, sample), InTurn(length, set, sample), Chaos(length))
        select phase;

    private static Gen<GeneratedAnswer[]> Stable(int length, int[] set) =>
        Gen.ArrayOf(from numbers in Gen.Shuffle(set) from answer in Answer(numbers) select answer, length);

    private static Gen<GeneratedAnswer[]> Samples(int length, int[] set, int size) =>
        Gen.ArrayOf(from numbers in Gen.Shuffle(set) from answer in Answer(numbers[..size]) select answer, length);

    private static Gen<GeneratedAnswer[]> InTurn(int length, int[] set, int size) => Gen.Constant<GeneratedAnswer[]>(
    [
        .. Enumerable.Range(0, length)
            .Select(i => Enumerable.Range(i, size).Select(at => set[at % set.Length]))
            .Select(numbers => new GeneratedAnswer([.. numbers], IsComplete: false)),
    ]);

    private static Gen<GeneratedAnswer[]> Chaos(int length) =>
        Gen.ArrayOf(from numbers in AnyAnswer from answer in Answer(numbers) select answer, length);

    private static Gen<GeneratedAnswer> Answer(int[] numbers) =>
        from isComplete in Gen.Frequency((19, Gen.Constant(false)), (1, Gen.Constant(true)))
        select new GeneratedAnswer([.. numbers], isComplete);

    // Fewer answers first, then fewer addresses, then answers that are not complete.
    private static IEnumerable<GeneratedTrace> Shrink(GeneratedTrace trace)
    {
        for (int removed = trace.Answers.Length / 2; removed > 0; removed /= 2)
        {
            for (int from = 0; from + removed <= trace.Answers.Length; from += removed)
            {
                yield return trace with { Answers = trace.Answers.RemoveRange(from, removed) };
            }
        }

        foreach ((int index, GeneratedAnswer answer) in trace.Answers.Index())
        {
            foreach (int number in answer.Numbers.Where(_ => answer.Numbers.Length > 1))
            {
                yield return trace with { Answers = trace.Answers.SetItem(index, answer with { Numbers = answer.Numbers.Remove(number) }) };
            }

            if (answer.IsComplete)
            {
                yield return trace with { Answers = trace.Answers.SetItem(index, answer with { IsComplete = false }) };
            }
        }
    }
}
