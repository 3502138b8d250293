namespace DnsAwareHttp.Tests.Simulation;

/// <summary>The exchanges under way in all handlers of a simulation.</summary>
internal sealed class SimulatedTraffic(Tally tally)
{
    public Tally Tally => tally;

    /// <summary>Those whose answer is to come; some of them may be over.</summary>
    public Bag<SimulatedExchange> Sent { get; } = new();

    /// <summary>Those whose body is to end.</summary>
    public Bag<SimulatedExchange> Bodies { get; } = new();
}
