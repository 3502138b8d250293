namespace DnsAwareHttp.OutcomesBenchmark.Policies;

/// <summary>All rules of the comparison.</summary>
internal static class PolicyCatalogue
{
    public static IReadOnlyList<(string Name, Func<int, Random, IOutcomePolicy> Make)> All { get; } =
    [
        ("none", static (servers, random) => new NoRule(servers, random)),
        ("library", static (servers, random) => new LibraryRule(servers, random)),
        ("Envoy", static (servers, random) => new EnvoyRule(servers, random)),
        ("linkerd", static (servers, random) => new LinkerdRule(servers, random)),
        ("gRPC", static (servers, random) => new GrpcRule(servers, random)),
    ];
}
