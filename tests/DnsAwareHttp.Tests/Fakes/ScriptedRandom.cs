namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A random source that draws what the test says: the numbers in turn, then from the start again.</summary>
public sealed class ScriptedRandom(params int[] draws) : Random
{
    private int _next;

    /// <summary>What <see cref="NextDouble"/> draws.</summary>
    public double Fraction { get; init; }

    public override int Next() => draws[_next++ % draws.Length];

    public override int Next(int maxValue) => Next();

    public override double NextDouble() => Fraction;
}
