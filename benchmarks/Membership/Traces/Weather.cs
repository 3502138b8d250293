using System.Collections.Immutable;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What the network does to answers on their way.</summary>
internal static class Weather
{
    /// <summary>A fifth of the answers is lost.</summary>
    public static ImmutableArray<Step> Lossy(ImmutableArray<Step> steps, Random random) =>
        [.. steps.Select(step => random.NextDouble() < 0.2 ? step with { Answer = [] } : step)];

    /// <summary>From one answer to the next it takes 3 s to 300 s: half of the times less than the TTL that is expected, half of them more.</summary>
    public static ImmutableArray<Step> Jittery(ImmutableArray<Step> steps, Random random)
    {
        ImmutableArray<Step>.Builder late = ImmutableArray.CreateBuilder<Step>(steps.Length);
        DateTimeOffset now = TraceBuilder.Start;
        foreach (Step step in steps)
        {
            late.Add(step with { At = now });
            now += TraceBuilder.Ttl * Math.Pow(10, (2 * random.NextDouble()) - 1);
        }

        return late.MoveToImmutable();
    }
}
