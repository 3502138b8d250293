using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Names whose answers depend on who is asked, what fits, and who is healthy.</summary>
internal static class PartialTraces
{
    private const int Answers = 1_200;

    public static IEnumerable<Trace> All =>
    [
        Views("geo-in-turn", "two resolvers with 3 addresses each, in turn", [1, 2, 3], [4, 5, 6], (number, _) => number % 2 == 0) with { IsRandom = false },
        Views("geo-at-random", "two resolvers with 3 addresses each, at random", [1, 2, 3], [4, 5, 6], (_, random) => random.Next(2) == 0),
        Views("geo-overlapping", "two resolvers with 4 addresses each, 2 of them the same, at random", [1, 2, 3, 4], [3, 4, 5, 6], (_, random) => random.Next(2) == 0),
        new("512-bytes", "40 addresses; in one answer of ten only 28 of them, at random", TraceKind.Rotating, Truncated),
        new("flapping-1-of-4", "one of 4 addresses goes out of service and returns, each for 1 to 20 answers", TraceKind.Flapping, Flapping),
    ];

    private static Trace Views(string name, string story, int[] first, int[] second, Func<int, Random, bool> seesFirst) =>
        new(name, story, TraceKind.Rotating, random => Seen(random, first, second, seesFirst)) { ReturnChance = 0.5 };

    private static ImmutableArray<Step> Seen(Random random, int[] first, int[] second, Func<int, Random, bool> seesFirst)
    {
        TraceBuilder trace = new();
        for (int number = 1; number <= Answers; number++)
        {
            trace.SayShuffled(1, random, seesFirst(number, random) ? first : second);
        }

        return trace.Steps;
    }

    private static ImmutableArray<Step> Truncated(Random random)
    {
        TraceBuilder trace = new();
        int[] set = [.. Enumerable.Range(1, 40)];
        for (int number = 1; number <= Answers; number++)
        {
            trace.Say(Sample.Some(random.Next(10) == 0 ? 28 : 40, set, random));
        }

        return trace.Steps;
    }

    private static ImmutableArray<Step> Flapping(Random random)
    {
        TraceBuilder trace = new();
        bool healthy = true;
        for (int number = 1; number <= Answers;)
        {
            int lasts = random.Next(1, 21);
            trace.SayShuffled(lasts, random, healthy ? [1, 2, 3, 4] : [1, 2, 3]);
            number += lasts;
            if (healthy)
            {
                trace.Remove(4);
            }
            else
            {
                trace.Return(4);
            }

            healthy = !healthy;
        }

        return trace.Steps;
    }
}
