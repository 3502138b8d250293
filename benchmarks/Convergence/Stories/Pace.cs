namespace Convergence.Stories;

/// <summary>How fast a story is played: lives are told with a TTL of 30 s, and everything in them is divided by the scale.</summary>
internal sealed record Pace(double Scale)
{
    private static readonly TimeSpan ToldTtl = TimeSpan.FromSeconds(30);

    /// <summary>What the name server says, in whole seconds, as DNS has it.</summary>
    public int TtlSeconds => Math.Max(1, (int)Math.Round(ToldTtl.TotalSeconds / Scale));

    public TimeSpan Ttl => TimeSpan.FromSeconds(TtlSeconds);

    /// <summary>The scale that the whole seconds make of the one that was asked for.</summary>
    public double Exact => ToldTtl / Ttl;

    public TimeSpan Of(TimeSpan told) => told / Exact;

    public TimeSpan Ttls(double count) => Ttl * count;
}
