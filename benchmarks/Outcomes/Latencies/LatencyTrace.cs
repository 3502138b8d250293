namespace DnsAwareHttp.OutcomesBenchmark.Latencies;

/// <summary>What servers do over time, and how they are used.</summary>
/// <param name="Name">For the tables.</param>
/// <param name="Servers">The number of servers.</param>
/// <param name="Rate">Requests in a second, of all clients.</param>
/// <param name="Mean">The mean time that a server works on a request at a moment, in seconds.</param>
internal sealed record LatencyTrace(string Name, int Servers, double Rate, Func<int, double, double> Mean)
{
    /// <summary>When most sick servers fall sick, in seconds.</summary>
    public const double UsualOnset = 20;

    /// <summary>What comes before is not counted, in seconds.</summary>
    public double Onset { get; init; } = UsualOnset;

    /// <summary>The length, in seconds.</summary>
    public double Length { get; init; } = 140;

    /// <summary>Clients that decide alone.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>After this time the caller gives up, in seconds.</summary>
    public double CallerTimeout { get; init; } = 30;

    /// <summary>The time to a server and back, in seconds.</summary>
    public Func<int, double> Distance { get; init; } = static _ => 0;

    /// <summary>Requests that a server works on at a time. The others wait in its queue.</summary>
    public int Workers { get; init; } = int.MaxValue;

    /// <summary>The mean time over all requests, where <see cref="Draw"/> makes another one of it.</summary>
    public Func<double, double> MeanDrawn { get; init; } = static mean => mean;

    /// <summary>Draws the time of a request from its mean.</summary>
    public Func<Random, double, double> Draw { get; init; } = static (random, mean) => mean * (0.8 + (0.4 * random.NextDouble()));

    /// <summary>The part of the requests that a server answers 503, at once.</summary>
    public Func<int, double, double> Failures { get; init; } = static (_, _) => 0;

    /// <summary>The part of the requests that are long polls of up to 30 s. They are not scored.</summary>
    public double LongPolls { get; init; }

    /// <summary>The servers whose share is shown.</summary>
    public int Sick { get; init; } = 1;
}
