using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>How the answers for one name go, made from a seed.</summary>
/// <param name="Name">Its row.</param>
/// <param name="Story">What happens, in a few words.</param>
/// <param name="Kind">Which promise is checked on it.</param>
/// <param name="Make">Writes down its steps.</param>
internal sealed record Trace(string Name, string Story, TraceKind Kind, Func<Random, ImmutableArray<Step>> Make)
{
    /// <summary>Whether another seed makes other steps.</summary>
    public bool IsRandom { get; init; } = true;

    /// <summary>The chance that an absent address of the set is in the next answer.</summary>
    /// <remarks>It is the chance of the least likely address, where they differ.</remarks>
    public double ReturnChance { get; init; } = 1;

    /// <summary>Answers within which an address must be left after it went out of service; for <see cref="TraceKind.Burst"/>.</summary>
    public int PermittedStay { get; init; }
}
