using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Checks the targets of a service that a resolver of the application names.</summary>
internal static class ServiceTargets
{
    /// <summary>The maximum number of targets of one answer.</summary>
    public const int Max = ServiceReader.MaxTargets;

    /// <summary>The target with its host as the library knows names.</summary>
    /// <exception cref="ArgumentException">The target cannot be connected to.</exception>
    public static ServiceTarget Checked(ServiceTarget target)
    {
        ArgumentNullException.ThrowIfNull(target, nameof(target));
        NameProblem problem = DnsMessageWriter.ProblemOf(target.Host ?? "");
        return problem is not NameProblem.None ? throw Wrong($"its host cannot be asked for ({problem})", target)
            : target.Port is < 1 or > ushort.MaxValue ? throw Wrong("a port is from 1 to 65535", target)
            : target.Priority is < 0 or > ushort.MaxValue ? throw Wrong("a priority is from 0 to 65535", target)
            : target.Weight is < 0 or > ushort.MaxValue ? throw Wrong("a weight is from 0 to 65535", target)
            : target with { Host = target.Host!.TrimEnd('.').ToLowerInvariant() };
    }

    private static ArgumentException Wrong(string rule, ServiceTarget target) =>
        new($"The target of a service '{target}' is wrong: {rule}.", nameof(target));
}
