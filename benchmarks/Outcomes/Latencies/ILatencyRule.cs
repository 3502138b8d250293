namespace DnsAwareHttp.OutcomesBenchmark.Latencies;

/// <summary>One client's rule of who gets a request. Servers are numbers.</summary>
internal interface ILatencyRule
{
    /// <summary>The next server.</summary>
    int Pick(double now);

    /// <summary>A request is sent.</summary>
    /// <returns>Whatever the rule wants to know when the request ends.</returns>
    object? OnSent(int server, double now);

    /// <summary>A request ended.</summary>
    /// <param name="server">The server.</param>
    /// <param name="sent">The result of <see cref="OnSent"/>.</param>
    /// <param name="latency">The time that it took.</param>
    /// <param name="ending">Its ending.</param>
    /// <param name="now">The time.</param>
    void OnEnded(int server, object? sent, double latency, Ending ending, double now);

    /// <summary>A quarter of a second passed.</summary>
    void Tick(double now);
}

/// <summary>The ending of a request.</summary>
internal enum Ending
{
    Answered,
    Failed,
    GivenUp,
}
