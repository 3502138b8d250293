namespace DnsAwareHttp.OutcomesBenchmark.Latencies;

/// <summary>All traces of the comparison of latencies.</summary>
internal static class LatencyTraces
{
    private const double Well = 0.02;

    public static IReadOnlyList<LatencyTrace> All { get; } =
    [
        TenTimes("1 of 8 ten times slower", 8, 200),
        TenTimes("1 of 8 ten times slower, 20 requests a second", 8, 20),
        TenTimes("1 of 8 ten times slower, 1 request a second", 8, 1) with { Length = 1820 },
        TenTimes("1 of 8 ten times slower, 2,000 requests a second", 8, 2000) with { Length = 60 },
        TenTimes("1 of 8 ten times slower, times vary (exponential)", 8, 200) with { Draw = Exponential },
        TenTimes("1 of 8 ten times slower, 50 clients", 8, 1000) with { Clients = 50 },
        TenTimes("1 of 2 ten times slower", 2, 200),
        TenTimes("1 of 3 ten times slower", 3, 200),
        TenTimes("1 of 100 ten times slower", 100, 2000) with { Length = 60 },
        new("1 of 8 three times slower", 8, 200, static (server, at) => server == 0 && at >= LatencyTrace.UsualOnset ? 3 * Well : Well),
        new("3 of 8 ten times slower", 8, 200, static (server, at) => server < 3 && at >= LatencyTrace.UsualOnset ? 10 * Well : Well) { Sick = 3 },
        new("1 of 8 brown-outs: ten times slower for 5 s, well for 15 s", 8, 200, static (server, at) => server == 0 && at % 20 < 5 ? 10 * Well : Well),
        Recovering("1 of 8 was slow for a minute, and is well again (its share should be 12.5 %)", 8, 200),
        Recovering("the same, 20 requests a second", 8, 20),
        Recovering("1 of 2 was slow for a minute, and is well again", 2, 200),
        new("1 of 3 ten times slower for 20 s, then well for 20 s; 60 % busy", 3, 360, static (server, at) => server == 0 && at % 40 < 20 ? 10 * Well : Well) { Workers = 4, Draw = Exponential },
        new("1 of 8 hangs for 10 s, every 30 s", 8, 200, static (server, at) => server == 0 && at % 30 < 10 ? Math.Max(10 - (at % 30), Well) : Well),
        new("1 of 8: a fifth of its answers takes 20 times as long", 8, 200, static (server, _) => server == 0 ? -Well : Well) { Draw = Tail, MeanDrawn = static mean => mean < 0 ? -4.8 * mean : mean },
        new("1 of 8 answers 503 to a fifth", 8, 200, static (_, _) => Well) { Failures = static (server, at) => server == 0 && at >= LatencyTrace.UsualOnset ? 0.2 : 0 },
        new("all pause: 1 of 200 answers takes a second", 8, 200, static (_, _) => Well) { Draw = Pause, Sick = 8 },
        new("all alike, times vary (exponential), 70 % busy", 8, 1120, static (_, _) => Well) { Draw = Exponential, Workers = 4, Sick = 8, Length = 80 },
        new("all alike, times vary much (1 and 100 ms), 70 % busy", 8, 500, static (_, _) => Well) { Draw = Two, Workers = 4, Sick = 8, Length = 80 },
        new("a tenth are long polls", 8, 200, static (_, _) => Well) { LongPolls = 0.1, Sick = 8 },
        new("a tenth are long polls, 1 of 8 ten times slower", 8, 200, static (server, at) => server == 0 && at >= LatencyTrace.UsualOnset ? 10 * Well : Well) { LongPolls = 0.1 },
        new("50 clients, 70 % busy, 1 of 8 has half the speed", 8, 1000, static (server, _) => server == 0 ? 2 * Well : Well) { Clients = 50, Workers = 4, Draw = Exponential },
        new("50 clients, 2 servers, 70 % busy, one a third nearer", 2, 280, static (server, _) => server == 0 ? 0.67 * Well : Well) { Clients = 50, Workers = 4, Draw = Exponential },
        Herd("50 clients, 1 of 3 is 20 ms nearer, 70 % busy", 50, 420),
        Herd("50 clients, 1 of 3 is 20 ms nearer, 30 % busy", 50, 180),
        Herd("500 clients, 1 of 3 is 20 ms nearer, 70 % busy", 500, 420),
        new("50 clients, 2 servers, 70 % busy, all alike", 2, 280, static (_, _) => Well) { Clients = 50, Workers = 4, Draw = Exponential, Sick = 2 },
    ];

    private static LatencyTrace TenTimes(string name, int servers, double rate) =>
        new(name, servers, rate, static (server, at) => server == 0 && at >= LatencyTrace.UsualOnset ? 10 * Well : Well);

    private static LatencyTrace Recovering(string name, int servers, double rate) =>
        new(name, servers, rate, static (server, at) => server == 0 && at is >= 10 and < 70 ? 10 * Well : Well) { Onset = 70, Length = 190 };

    // If all clients choose the near server, that one is overloaded.
    private static LatencyTrace Herd(string name, int clients, double rate) =>
        new(name, 3, rate, static (_, _) => Well) { Clients = clients, Workers = 4, Draw = Exponential, Distance = static server => server == 0 ? 0.001 : 0.021 };

    private static double Exponential(Random random, double mean) => -Math.Log(1 - random.NextDouble()) * mean;

    private static double Pause(Random random, double mean) => random.NextDouble() < 0.005 ? 1 : mean * (0.8 + (0.4 * random.NextDouble()));

    private static double Two(Random random, double mean) => random.NextDouble() < 0.5 ? 0.001 : 0.1 * (mean / Well);

    // A negative mean marks the sick server.
    private static double Tail(Random random, double mean) =>
        Math.Abs(mean) * (mean < 0 && random.NextDouble() < 0.2 ? 20 : 1) * (0.8 + (0.4 * random.NextDouble()));
}
