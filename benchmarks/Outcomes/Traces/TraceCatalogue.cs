namespace DnsAwareHttp.OutcomesBenchmark.Traces;

/// <summary>All traces of the comparison.</summary>
internal static class TraceCatalogue
{
    private static readonly Behaviour Well = new(0.05);
    private static readonly Behaviour FailsAtOnce = new(0.05, 1);
    private static readonly Behaviour Slow = new(2);
    private const double AllWell = 310;
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(70);

    public static IReadOnlyList<Trace> All { get; } =
    [
        OneOf("1 of 2 answers 503", 2, 200, FailsAtOnce),
        OneOf("1 of 3 answers 503", 3, 200, FailsAtOnce),
        OneOf("1 of 8 answers 503", 8, 200, FailsAtOnce),
        OneOf("1 of 3 answers 503, 1 request a second", 3, 1, FailsAtOnce),
        OneOf("1 of 3 answers 503, 10 requests a second", 3, 10, FailsAtOnce),
        OneOf("1 of 3 takes 2 s", 3, 200, Slow),
        OneOf("1 of 8 takes 2 s", 8, 200, Slow),
        OneOf("1 of 8 fails 60 %", 8, 200, new Behaviour(0.05, 0.6)),
        OneOf("1 of 8 fails 20 %", 8, 200, new Behaviour(0.05, 0.2)),
        new("1 of 8 flaps: 5 s sick, 5 s well", 8, 200, Minute, (server, at) => server == 0 && at >= Trace.Onset && at % 10 < 5 ? FailsAtOnce : Well),
        new("3 of 8 answer 503", 8, 200, Minute, (server, at) => server < 3 && at >= Trace.Onset ? FailsAtOnce : Well),
        new("4 of 8 answer 503", 8, 200, Minute, (server, at) => server < 4 && at >= Trace.Onset ? FailsAtOnce : Well),
        new("5 of 100 answer 503", 100, 2000, Minute, (server, at) => server < 5 && at >= Trace.Onset ? FailsAtOnce : Well),
        OneOf("1 of 8 answers 503, 50 clients", 8, 1000, FailsAtOnce) with { Clients = 50 },
        Alike("all answer 503 for 5 min", 8, 200, TimeSpan.FromMinutes(7), 1, 0.001),
        Alike("all answer 503 after 300 ms for 5 min", 3, 200, TimeSpan.FromMinutes(7), 1, 0.3),
        Alike("all fail 30 % for 5 min", 8, 200, TimeSpan.FromMinutes(7), 0.3, 0.001),
        Alike("all fail 99 % for 5 min", 8, 200, TimeSpan.FromMinutes(7), 0.99, 0.001),
        new("all take 2 s for 5 min", 8, 200, TimeSpan.FromMinutes(7), (_, at) => at is >= Trace.Onset and < AllWell ? Slow : Well)
        {
            AllAreAlike = true,
            Recovery = AllWell,
        },
        new("1 of 8 answers 503, then all for 5 min", 8, 200, TimeSpan.FromMinutes(7), FirstOneThenAll) { Recovery = AllWell },
        new("4 of 8 answer 503, then the other 4", 8, 200, TimeSpan.FromMinutes(3), OneHalfThenTheOther),
        Noise("0.5 % of all fail, 1 h", 0.005, TimeSpan.FromHours(1)),
        Noise("5 % of all fail, 1 h", 0.05, TimeSpan.FromHours(1)),
    ];

    /// <summary>A day of random errors.</summary>
    public static Trace Day { get; } = Noise("0.5 % of all fail, 24 h", 0.005, TimeSpan.FromHours(24));

    private static Trace OneOf(string name, int servers, double rate, Behaviour sick) =>
        new(name, servers, rate, Minute, (server, at) => server == 0 && at >= Trace.Onset ? sick : Well);

    private static Trace Alike(string name, int servers, double rate, TimeSpan length, double part, double latency) =>
        new(name, servers, rate, length, (_, at) => at is >= Trace.Onset and < AllWell ? new Behaviour(0.05, part, latency) : Well)
        {
            AllAreAlike = true,
            Recovery = AllWell,
        };

    private static Behaviour FirstOneThenAll(int server, double at) =>
        at >= (server == 0 ? Trace.Onset : Trace.Onset + 5) && at < AllWell ? FailsAtOnce : Well;

    // The first half is well again while it is still ejected.
    private static Behaviour OneHalfThenTheOther(int server, double at) =>
        (server < 4 ? at is >= Trace.Onset and < 100 : at >= 105) ? FailsAtOnce : Well;

    private static Trace Noise(string name, double part, TimeSpan length) =>
        new(name, 8, 100, length, (_, _) => new Behaviour(0.05, part)) { AllAreAlike = true };
}
