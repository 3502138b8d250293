using System.Diagnostics;
using Convergence.Contenders;
using Convergence.Measuring;
using Convergence.Stories;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>Recordings of the benchmark that nobody measured: each client asks ten times a second, from 2 s before a change to 4 s after it.</summary>
internal static class ConvergenceRecording
{
    public const string Old = "127.0.77.1", New = "127.0.77.3";

    private const int Clients = 2;
    private static readonly long Change = 1_000 * Stopwatch.Frequency;

    public static Story BlueGreen { get; } = new("blue-green", "one address is replaced by another") { First = [Old], Steps = [new Step(0, StepKind.Says, New)], Quiet = 2, After = 4 };

    /// <param name="story">What happened.</param>
    /// <param name="answer">Who answered a client a time after the change; null when the request failed.</param>
    /// <param name="opened">How many connections were opened in each of the 2 s before the change.</param>
    public static Recording Of(Story story, Func<int, TimeSpan, string?> answer, int opened = 0) => new()
    {
        Story = story,
        Contender = new Contender("one", "one of `them`", _ => throw new NotSupportedException()),
        Pace = new Pace(30),
        Clients = Clients,
        Began = At(TimeSpan.FromSeconds(-2)),
        Samples = [.. Enumerable.Range(-20, 60).SelectMany(tenth => Enumerable.Range(0, Clients).Select(client => Ask(client, TimeSpan.FromMilliseconds(100 * tenth), answer)))],
        Steps = [.. story.Steps.Select(step => new TakenStep(step, At(TimeSpan.FromSeconds(step.At))))],
        Connections = [(At(TimeSpan.FromSeconds(-2)), 7), (At(TimeSpan.FromSeconds(-1)), 7 + opened), (At(TimeSpan.FromSeconds(-0.1)), 7 + (2 * opened)), (At(TimeSpan.FromSeconds(3)), 50)],
        QueriesPerSecond = 4,
        CpuPerRequest = TimeSpan.FromMicroseconds(300),
        BytesPerRequest = 4_000,
    };

    private static long At(TimeSpan afterChange) => Change + (long)(afterChange.TotalSeconds * Stopwatch.Frequency);

    private static Sample Ask(int client, TimeSpan afterChange, Func<int, TimeSpan, string?> answer)
    {
        string? address = answer(client, afterChange);
        int turn = (((int)Math.Round(afterChange.TotalMilliseconds / 100) + 20) * Clients) + client;
        return new Sample(At(afterChange), At(afterChange + TimeSpan.FromMilliseconds(2)), address, address is null ? "timeout" : null, turn);
    }
}
