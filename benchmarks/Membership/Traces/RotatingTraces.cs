using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Names whose answers are samples: each rotation alone, with a cutover, and with members that are replaced slowly.</summary>
internal static class RotatingTraces
{
    private const int Answers = 1_200;
    private const int CutoverAt = 500;
    private const int ReplacedEach = 100;

    public static IEnumerable<Trace> All =>
    [
        .. Rotation.All.SelectMany(Variants),
        Lossy(Rotation.SomeOf(1, 4)), Lossy(Rotation.SomeOf(8, 20)),
        Jittery(Rotation.SomeOf(1, 4)), Jittery(Rotation.SomeOf(8, 20)),
    ];

    private static IEnumerable<Trace> Variants(Rotation rotation) =>
    [
        Of(rotation, "", "", TraceKind.Rotating, (rotation, random) => Rotate(rotation, random, Nothing)),
        Of(rotation, "cutover-", $"; all become others with answer {CutoverAt}", TraceKind.Cutover, (rotation, random) => Rotate(rotation, random, Cutover)),
        Of(rotation, "slow-", $"; one is replaced each {ReplacedEach} answers", TraceKind.Rotating, (rotation, random) => Rotate(rotation, random, ReplaceSlowly)),
    ];

    private static Trace Lossy(Rotation rotation) =>
        Of(rotation, "lost-", "; a fifth of the answers is lost", TraceKind.Rotating, (rotation, random) => Weather.Lossy(Rotate(rotation, random, Nothing), random));

    private static Trace Jittery(Rotation rotation) =>
        Of(rotation, "jitter-", ", at irregular times", TraceKind.Rotating, (rotation, random) => Weather.Jittery(Rotate(rotation, random, Nothing), random));

    private static Trace Of(Rotation rotation, string prefix, string story, TraceKind kind, Func<Rotation, Random, ImmutableArray<Step>> make) =>
        new(prefix + rotation.Name, rotation.Story + story, kind, random => make(rotation, random))
        {
            IsRandom = rotation.IsRandom,
            ReturnChance = rotation.ReturnChance,
        };

    private static ImmutableArray<Step> Rotate(Rotation rotation, Random random, Action<TraceBuilder, int[], int> change)
    {
        TraceBuilder trace = new();
        int[] set = [.. Enumerable.Range(1, rotation.Size)];
        for (int number = 1; number <= Answers; number++)
        {
            change(trace, set, number);
            trace.Say(rotation.Answer(set, number, random));
        }

        return trace.Steps;
    }

    private static void Nothing(TraceBuilder trace, int[] set, int number)
    {
    }

    private static void Cutover(TraceBuilder trace, int[] set, int number)
    {
        if (number == CutoverAt)
        {
            trace.Remove(set);
            for (int place = 0; place < set.Length; place++)
            {
                set[place] += set.Length;
            }
        }
    }

    private static void ReplaceSlowly(TraceBuilder trace, int[] set, int number)
    {
        if (number % ReplacedEach == 0 && number < Answers)
        {
            int replaced = number / ReplacedEach;
            int place = replaced % set.Length;
            trace.Remove(set[place]);
            set[place] = set.Length + replaced;
        }
    }
}
