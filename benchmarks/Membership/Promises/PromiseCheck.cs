using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Whether one policy keeps all promises, on the traces that the command line asks for.</summary>
internal sealed record PromiseCheck(NamedPolicy Policy, ImmutableArray<Finding> Findings)
{
    public bool AllHeld => Findings.All(finding => finding.Held);

    public static PromiseCheck Of(BenchmarkOptions options)
    {
        string? name = options.Policies.SingleOrDefault(PolicyCatalogue.All.FirstOrDefault(policy => policy.Name == PolicyCatalogue.Adaptive)?.Name);
        NamedPolicy policy = PolicyCatalogue.Named(name ?? throw new WrongUseException($"--check needs --policy while there is no {PolicyCatalogue.Adaptive}."));
        NamedPolicy[] trio = [policy, PolicyCatalogue.Named(PolicyCatalogue.Strict), PolicyCatalogue.Named(PolicyCatalogue.Logical)];
        IEnumerable<Finding> findings = Contest.Run(TraceCatalogue.Matching(options.Only), trio, options.Seeds, options.MaxMembers)
            .SelectMany(row => MembershipPromises.Of(new Trial(row[0], row[1], row[2])));
        return new PromiseCheck(policy, [.. findings]);
    }

    public IEnumerable<string> Lines()
    {
        Finding[] broken = [.. Findings.Where(finding => !finding.Held)];
        if (broken.Length > 0)
        {
            yield return MarkdownTable.Of(
                ["trace", "broken promise", "allowed", "found"],
                [.. broken.Select(finding => (IReadOnlyList<string>)[finding.Trace, finding.Promise, finding.Allowed, finding.Found])],
                textColumns: 2);
            yield return "";
        }

        yield return $"{Policy.Name}: {Findings.Length - broken.Length} of {Findings.Length} promises held.";
    }
}
