namespace Convergence.Stories;

/// <summary>What a client can be fresh in.</summary>
internal enum Freshness
{
    /// <summary>The last request on an address that left DNS.</summary>
    LastOnOldAddress,

    /// <summary>The first time that every new address has answered.</summary>
    AllNewAddresses,

    /// <summary>The last request that failed or took longer than 500 ms.</summary>
    LastHarm,
}

/// <summary>How the servers of a story speak.</summary>
internal enum Speech
{
    Http,
    Https,
    Grpc,
}

/// <summary>The same sequence of events for each client. Times are in TTLs.</summary>
internal sealed record Story(string Name, string Title)
{
    /// <summary>The addresses of the name at first.</summary>
    public required string[] First { get; init; }

    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>Addresses whose connects nobody answers.</summary>
    public string[] Dead { get; init; } = [];

    /// <summary>Addresses that accept connections and never say anything.</summary>
    public string[] Hanging { get; init; } = [];

    public Speech Speech { get; init; } = Speech.Http;

    /// <summary>Null for a story in which nothing really changes: all of it is measured as the time without a change.</summary>
    public Freshness? Freshness { get; init; } = Stories.Freshness.LastOnOldAddress;

    /// <summary>The clients begin one after the other over this time, so that their connections and answers differ in age: two minutes, with some time to settle.</summary>
    public double Beginning { get; init; } = 4.5;

    /// <summary>The time without a change that is measured.</summary>
    public double Quiet { get; init; } = 2.5;

    /// <summary>How long the steps of a story without a change go on before it is measured: what can be learnt of them has been.</summary>
    public double Learning { get; init; }

    /// <summary>The time after the change: two minutes, a TTL and a little.</summary>
    public double After { get; init; } = 5;

    /// <summary>Requests of each client in a second, sent when they are due.</summary>
    public int PerSecond { get; init; } = 20;

    public double MaxScale { get; init; } = double.PositiveInfinity;

    public bool IsQuick { get; init; }

    /// <summary>All addresses that are told of.</summary>
    public IEnumerable<string> Addresses => First.Concat(Steps.Where(step => step.Kind == StepKind.Says).SelectMany(step => step.Addresses)).Distinct();
}
