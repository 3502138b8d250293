namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>All traces, by name.</summary>
internal static class TraceCatalogue
{
    public static IReadOnlyList<Trace> All { get; } =
        [.. StableTraces.All, .. BurstTraces.All, .. PartialTraces.All, .. RotatingTraces.All];

    /// <summary>Those whose names have one of the parts; all when no part is given.</summary>
    public static IReadOnlyList<Trace> Matching(IReadOnlyCollection<string> parts)
    {
        if (parts.Count == 0)
        {
            return All;
        }

        string? nowhere = parts.FirstOrDefault(part => !All.Any(trace => trace.Name.Contains(part, StringComparison.OrdinalIgnoreCase)));
        return nowhere is null
            ? [.. All.Where(trace => parts.Any(part => trace.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))]
            : throw new WrongUseException($"No trace has '{nowhere}' in its name; --list tells their names.");
    }
}
