namespace DnsAwareHttp.OutcomesBenchmark.Policies;

/// <summary>One client's rule of who gets requests. Servers are numbers.</summary>
internal interface IOutcomePolicy
{
    /// <summary>The servers that are out now.</summary>
    bool IsOut(int server);

    /// <summary>The next server; -1: the rule refuses the request at once.</summary>
    int Pick(double now);

    /// <summary>A request was sent.</summary>
    void OnSent(int server);

    /// <summary>A request ended.</summary>
    /// <param name="server">The server.</param>
    /// <param name="failed">Whether it was answered 503, or its caller gave up.</param>
    /// <param name="now">The time.</param>
    void OnEnded(int server, bool failed, double now);

    /// <summary>A quarter of a second passed.</summary>
    void Tick(double now);
}
