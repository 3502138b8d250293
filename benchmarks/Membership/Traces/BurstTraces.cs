using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Names whose answers change in bursts and chains: changes, which look like rotation for a while.</summary>
internal static class BurstTraces
{
    private const int Calm = 200;
    private const int Lag = 5;
    private const int LagAnswers = 2_400;

    // A small multiple of the longest absence that can end there, and the answer that begins the last absence.
    private const int Multiple = 4;
    private const int PermittedAfterFlaps = (Multiple * 2) + 1;
    private const int PermittedWithLag = Lag + (Multiple * (Lag - 1)) + 1;

    public static IEnumerable<Trace> All =>
    [
        Chain("chain-1-each", "1 address, replaced by a new one with each answer", size: 1, replaced: 1, shortest: 1, longest: 1),
        Chain("chain-1", "1 address, replaced by a new one each 1 to 3 answers", size: 1, replaced: 1, shortest: 1, longest: 3),
        Chain("chain-2-by-1", "2 addresses, one replaced by a new one with each answer", size: 2, replaced: 1, shortest: 1, longest: 1),
        Chain("chain-2-by-2", "2 addresses, both replaced by new ones with each answer", size: 2, replaced: 2, shortest: 1, longest: 1),
        Chain("chain-6-by-1", "6 addresses, one replaced by a new one each 1 to 3 answers", size: 6, replaced: 1, shortest: 1, longest: 3),
        new("chain-after-flap", "1 address flaps once, then new ones replace it each 1 to 3 answers", TraceKind.Stable, FlapThenChain),
        Flaps("failover-flaps", "1 address fails over to another, flaps four times within eight answers, then is gone", others: 0),
        Flaps("failover-flaps-of-4", "the same for one of 4 addresses", others: 3),
        new("lagging-resolver", "two resolvers at random, one 5 answers behind; one of 6 is replaced each 60 answers",
            TraceKind.Burst, Lagging)
        {
            PermittedStay = PermittedWithLag,
        },
        new("views-switched", "2 addresses of one view, 2 of another; the name servers change six times within eight answers",
            TraceKind.Stable, Switched),
    ];

    private static Trace Chain(string name, string story, int size, int replaced, int shortest, int longest) =>
        new(name, story, TraceKind.Stable, random => Chained(random, size, replaced, shortest, longest));

    private static Trace Flaps(string name, string story, int others) =>
        new(name, story, TraceKind.Burst, random => Flapped(random, others)) { PermittedStay = PermittedAfterFlaps };

    private static ImmutableArray<Step> Chained(Random random, int size, int replaced, int shortest, int longest)
    {
        TraceBuilder trace = new();
        Queue<int> set = new(Enumerable.Range(1, size));
        trace.SayShuffled(Calm, random, set);
        Continue(trace, random, set, replaced, shortest, longest);
        return trace.Steps;
    }

    private static void Continue(TraceBuilder trace, Random random, Queue<int> set, int replaced, int shortest, int longest)
    {
        int next = 1_000;
        for (int change = 0; change < 1_000; change++)
        {
            for (int i = 0; i < replaced; i++)
            {
                trace.Remove(set.Dequeue());
                set.Enqueue(next++);
            }

            trace.SayShuffled(random.Next(shortest, longest + 1), random, set);
        }
    }

    private static ImmutableArray<Step> FlapThenChain(Random random)
    {
        TraceBuilder trace = new();
        trace.SayShuffled(Calm, random, 1);
        Swap(trace, from: 1, to: 2);
        trace.SayShuffled(1, random, 2);
        Swap(trace, from: 2, to: 1);
        trace.SayShuffled(1, random, 1);
        Continue(trace, random, new Queue<int>([1]), replaced: 1, shortest: 1, longest: 3);
        return trace.Steps;
    }

    private static ImmutableArray<Step> Flapped(Random random, int others)
    {
        TraceBuilder trace = new();
        int[] rest = [.. Enumerable.Range(10, others)];
        trace.SayShuffled(Calm, random, [1, .. rest]);

        // Seven turns within eight answers: one of them lasts two answers.
        int slow = random.Next(7);
        (int live, int idle) = (1, 2);
        for (int turn = 0; turn < 7; turn++)
        {
            Swap(trace, live, idle);
            (live, idle) = (idle, live);
            trace.SayShuffled(turn == slow ? 2 : 1, random, [live, .. rest]);
        }

        trace.SayShuffled(Calm, random, [live, .. rest]);
        return trace.Steps;
    }

    private static void Swap(TraceBuilder trace, int from, int to)
    {
        trace.Remove(from);
        trace.Return(to);
    }

    private static ImmutableArray<Step> Lagging(Random random)
    {
        TraceBuilder trace = new();
        int[] set = [1, 2, 3, 4, 5, 6];
        Queue<int[]> earlier = new();
        for (int number = 1; number <= LagAnswers; number++)
        {
            if (number % 60 == 0)
            {
                int place = number / 60 % set.Length;
                trace.Remove(set[place]);
                set[place] = set.Length + (number / 60);
            }

            earlier.Enqueue([.. set]);
            int[] late = earlier.Count > Lag ? earlier.Dequeue() : earlier.Peek();
            trace.SayShuffled(1, random, random.Next(2) == 0 ? set : late);
        }

        return trace.Steps;
    }

    private static ImmutableArray<Step> Switched(Random random)
    {
        TraceBuilder trace = new();
        (int[] live, int[] idle) = ([1, 2], [3, 4]);
        trace.SayShuffled(Calm, random, live);
        for (int change = 0; change < 6; change++)
        {
            trace.Remove(live);
            trace.Return(idle);
            (live, idle) = (idle, live);
            trace.ChangeSources();
            trace.SayShuffled(random.Next(1, 3), random, live);
        }

        trace.SayShuffled(Calm, random, live);
        return trace.Steps;
    }
}
