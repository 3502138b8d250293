namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What there is to choose from.</summary>
internal static class Contents
{
    public static IEnumerable<string> Lines() =>
    [
        "Traces:",
        .. Listed(TraceCatalogue.All.Select(trace => (trace.Name, $"{trace.Story} [{trace.Kind}]"))),
        "",
        "Policies:",
        .. Listed(PolicyCatalogue.All.Select(policy => (policy.Name, policy.Story))),
    ];

    private static IEnumerable<string> Listed(IEnumerable<(string Name, string Story)> things)
    {
        (string Name, string Story)[] all = [.. things];
        int width = all.Max(thing => thing.Name.Length);
        return all.Select(thing => $"  {thing.Name.PadRight(width)}  {thing.Story}");
    }
}
