using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Names whose answers are the whole set, in any order.</summary>
internal static class StableTraces
{
    public static IEnumerable<Trace> All =>
    [
        Stable("reordered-8", "8 addresses, each answer in another order", random => Reordered(random, 8)),
        Flip("flip-early", at: 2),
        Flip("flip-late", at: 500),
        Stable("blue-green-2", "2 addresses become 2 others", random => BlueGreen(random, 2, flips: 1)),
        Stable("blue-green-8", "8 addresses become 8 others", random => BlueGreen(random, 8, flips: 1)),
        Stable("blue-green-2-and-back", "2 addresses become 2 others, and are the first again, five times", random => BlueGreen(random, 2, flips: 5)),
        Stable("rolling-10-by-1", "10 addresses replaced, one with each answer, three times", random => Rolling(random, 10, 1, times: 3)),
        Stable("rolling-10-by-3", "10 addresses replaced, three with each answer, three times", random => Rolling(random, 10, 3, times: 3)),
        Stable("scale-4-8-4", "4 addresses become 8 and 4 again, the same ones, six times", random => Scale(random, 4, 8, times: 6)),
        Stable("scale-10-3-10", "10 addresses become 3 and the same 10 again", random => Scale(random, 10, 3, times: 1)),
        Stable("elb-2-6", "2 addresses grow to 6 one by one, then the old two are replaced", random => LoadBalancer(random, 6)),
        Stable("lost-flip", "one of 4 addresses is replaced each 100 answers; a fifth of the answers is lost", random => Weather.Lossy(Replaced(random, 4), random)),
        Stable("jitter-flip", "one of 4 addresses is replaced each 100 answers, which come at irregular times", random => Weather.Jittery(Replaced(random, 4), random)),
        new("elb-2-12", "2 addresses grow to 12 one by one, then the old two are replaced; answers have 8", TraceKind.Other, random => LoadBalancer(random, 12)),
    ];

    private static Trace Stable(string name, string story, Func<Random, ImmutableArray<Step>> make) => new(name, story, TraceKind.Stable, make);

    private static Trace Flip(string name, int at) =>
        Stable(name, $"1 address becomes another with answer {at}", _ => Flipped(at)) with { IsRandom = false };

    private static ImmutableArray<Step> Flipped(int at)
    {
        TraceBuilder trace = new();
        for (int number = 1; number < at + 100; number++)
        {
            if (number == at)
            {
                trace.Remove(1);
            }

            trace.Say(number < at ? 1 : 2);
        }

        return trace.Steps;
    }

    private static ImmutableArray<Step> Reordered(Random random, int size)
    {
        TraceBuilder trace = new();
        trace.SayShuffled(1_200, random, Enumerable.Range(1, size));
        return trace.Steps;
    }

    private static ImmutableArray<Step> BlueGreen(Random random, int size, int flips)
    {
        TraceBuilder trace = new();
        int[] live = [.. Enumerable.Range(1, size)];
        int[] idle = [.. Enumerable.Range(1 + size, size)];
        trace.SayShuffled(100, random, live);
        for (int flip = 0; flip < flips; flip++)
        {
            (live, idle) = (idle, live);
            trace.Remove(idle);
            trace.Return(live);
            trace.SayShuffled(100, random, live);
        }

        return trace.Steps;
    }

    private static ImmutableArray<Step> Rolling(Random random, int size, int batch, int times)
    {
        TraceBuilder trace = new();
        Queue<int> set = new(Enumerable.Range(1, size));
        int next = size + 1;
        trace.SayShuffled(100, random, set);
        for (int deployment = 0; deployment < times; deployment++)
        {
            for (int left = size; left > 0; left -= batch)
            {
                for (int i = 0; i < Math.Min(batch, left); i++)
                {
                    trace.Remove(set.Dequeue());
                    set.Enqueue(next++);
                }

                trace.SayShuffled(1, random, set);
            }

            trace.SayShuffled(100, random, set);
        }

        return trace.Steps;
    }

    private static ImmutableArray<Step> Scale(Random random, int before, int between, int times)
    {
        TraceBuilder trace = new();
        trace.SayShuffled(40, random, Enumerable.Range(1, before));
        for (int i = 0; i < times; i++)
        {
            Resize(trace, before, between);
            trace.SayShuffled(40, random, Enumerable.Range(1, between));
            Resize(trace, between, before);
            trace.SayShuffled(40, random, Enumerable.Range(1, before));
        }

        return trace.Steps;
    }

    private static void Resize(TraceBuilder trace, int from, int to)
    {
        trace.Return(Enumerable.Range(from + 1, Math.Max(0, to - from)));
        trace.Remove(Enumerable.Range(to + 1, Math.Max(0, from - to)));
    }

    private static ImmutableArray<Step> LoadBalancer(Random random, int grown)
    {
        TraceBuilder trace = new();
        List<int> set = [1, 2];
        Serve(100);
        for (int number = 3; number <= grown; number++)
        {
            set.Add(number);
            Serve(5);
        }

        for (int old = 1; old <= 2; old++)
        {
            Serve(40);
            set.Remove(old);
            set.Add(grown + old);
            trace.Remove(old);
        }

        Serve(600);
        return trace.Steps;

        void Serve(int answers)
        {
            for (int i = 0; i < answers; i++)
            {
                trace.Say(Sample.Some(8, [.. set], random));
            }
        }
    }

    private static ImmutableArray<Step> Replaced(Random random, int size)
    {
        TraceBuilder trace = new();
        int[] set = [.. Enumerable.Range(1, size)];
        for (int i = 0; i < 12; i++)
        {
            trace.SayShuffled(100, random, set);
            trace.Remove(set[i % size]);
            set[i % size] = size + 1 + i;
        }

        trace.SayShuffled(100, random, set);
        return trace.Steps;
    }
}
