namespace DnsAwareHttp.OutcomesBenchmark.Traces;

/// <summary>What servers do over time, and how they are used.</summary>
/// <param name="Name">For the tables.</param>
/// <param name="Endpoints">The number of servers.</param>
/// <param name="Rate">Requests in a second, of all clients.</param>
/// <param name="Length">The length.</param>
/// <param name="Behave">What a server does at a moment.</param>
internal sealed record Trace(string Name, int Endpoints, double Rate, TimeSpan Length, Func<int, double, Behaviour> Behave)
{
    /// <summary>When the first server falls sick, in seconds: there is no traffic to learn from before.</summary>
    public const double Onset = 10;

    /// <summary>Clients that decide alone.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>After this time the caller gives up, in seconds.</summary>
    public double CallerTimeout { get; init; } = 1;

    /// <summary>When an outage of all is over, in seconds; null: there is none.</summary>
    public double? Recovery { get; init; }

    /// <summary>Whether an ejection serves nobody: all servers are alike.</summary>
    public bool AllAreAlike { get; init; }

    /// <summary>Whether a server is worse than its peers at a moment, or was within the last ten seconds.</summary>
    public bool IsSick(int endpoint, double at) =>
        !AllAreAlike && (Behave(endpoint, at).IsSick || Behave(endpoint, Math.Max(0, at - 5)).IsSick || Behave(endpoint, Math.Max(0, at - 10)).IsSick);
}

/// <summary>What a server does with a request.</summary>
/// <param name="Latency">The mean time of an answer, in seconds.</param>
/// <param name="FailurePart">The part of the requests that is answered 503.</param>
/// <param name="FailureLatency">The time of such an answer.</param>
internal readonly record struct Behaviour(double Latency, double FailurePart = 0, double FailureLatency = 0.001)
{
    public bool IsSick => FailurePart > 0.1 || Latency > 0.2;
}
