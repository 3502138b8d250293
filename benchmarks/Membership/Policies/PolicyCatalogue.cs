using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>All policies that are compared: those of the library, then those that others use.</summary>
internal static class PolicyCatalogue
{
    public const string Strict = "Strict";
    public const string Logical = "Logical";
    public const string Adaptive = "Adaptive";

    private const int SubsetSeed = 1;

    public static readonly IReadOnlyList<NamedPolicy> All =
    [
        new(Strict, "absent once, it leaves", max => new StrictMembership(max, SubsetSeed)),
        new(Logical, "the first address, and all that were first before", max => new LogicalMembership(max)),
        new("Twice", "absent twice in a row, it leaves", max => new AbsentTwiceMembership(max, SubsetSeed)),
        new("Age", "kept for 10 TTLs after it was last seen, like Armeria", max => new MaximumAgeMembership(max, SubsetSeed, 10 * TraceBuilder.Ttl)),
        new("Warm", "absent once, it leaves once the new are warm, like httplb", max => new WarmFirstMembership(max, SubsetSeed)),
        new("Grace", "absent for more than 5 answers, it leaves, like Envoy with a grace", max => new GraceMembership(max, SubsetSeed, grace: 5)),
        AdaptiveWith(AdaptiveParameters.Default),
    ];

    /// <summary>Those of the names, each once; all when there is no name.</summary>
    public static IReadOnlyList<NamedPolicy> Chosen(IReadOnlyCollection<string> names) => names.Count == 0 ? All : [.. names.Distinct().Select(Named)];

    /// <summary>The library's default policy, with these parameters.</summary>
    public static NamedPolicy AdaptiveWith(AdaptiveParameters parameters) =>
        new(Adaptive, "learns from the answers", max => new AdaptiveMembership(max, SubsetSeed, TimeSpan.FromDays(1), parameters));

    public static NamedPolicy Named(string name) =>
        All.FirstOrDefault(policy => policy.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new WrongUseException($"'{name}' is no policy: {string.Join(", ", All.Select(policy => policy.Name))} are.");
}
