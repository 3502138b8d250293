namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>A way to answer with a part of a set.</summary>
/// <param name="Name">The beginning of the names of its traces.</param>
/// <param name="Story">What an answer has, in a few words.</param>
/// <param name="Size">How many addresses the set has.</param>
/// <param name="ReturnChance">See <see cref="Trace.ReturnChance"/>.</param>
/// <param name="Answer">The part of the set that the answer of a number has.</param>
internal sealed record Rotation(string Name, string Story, int Size, double ReturnChance, Func<int[], int, Random, int[]> Answer)
{
    /// <summary>Whether chance has a part in it.</summary>
    public bool IsRandom { get; private init; } = true;

    public static IEnumerable<Rotation> All =>
    [
        InTurn(2), InTurn(4), InTurn(8),
        SomeOf(1, 2), SomeOf(1, 4), SomeOf(1, 8), SomeOf(2, 3),
        Weighted,
        SomeOf(8, 20), SomeOf(8, 100), SomeOf(8, 1_000), SomeOf(8, 100_000),
        Window(8, 20),
    ];

    public static Rotation SomeOf(int count, int size) =>
        new($"{count}-of-{size}", $"{count} of {size} at random", size, (double)count / size, (set, _, random) => Sample.Some(count, set, random));

    private static Rotation Weighted =>
        new("weighted-90-10", "the one of 2 in nine answers of ten, else the other", 2, 0.1, (set, _, random) => [set[random.NextDouble() < 0.9 ? 0 : 1]]);

    private static Rotation InTurn(int size) =>
        new($"1-of-{size}-in-turn", $"one of {size} in turn", size, 1.0 / size, (set, number, _) => [set[number % size]]) { IsRandom = false };

    // An absence lasts as long as the window takes to come round again: that, not the share of answers, tells the chance to return.
    private static Rotation Window(int count, int size) =>
        new($"window-{count}-of-{size}", $"{count} of {size} in a row, one further with each answer", size, 1.0 / (size - count),
            (set, number, _) => [.. Enumerable.Range(number, count).Select(place => set[place % size])])
        { IsRandom = false };
}
