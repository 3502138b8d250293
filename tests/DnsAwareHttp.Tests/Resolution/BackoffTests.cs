using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class BackoffTests
{
    private static readonly ScriptedRandom NoSpread = new() { Fraction = 0.5 };

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1.6)]
    [InlineData(3, 2.56)]
    [InlineData(8, 26.8435456)]
    public void After_EachFailure_Grows(int failures, double seconds) =>
        Backoff.After(failures, Backoff.MaxForNames, NoSpread).TotalSeconds.Should().BeApproximately(seconds, 1e-6);

    [Theory]
    [InlineData(9)]
    [InlineData(1_000)]
    [InlineData(int.MaxValue)]
    public void After_ManyFailures_StaysAtTheMaximum(int failures)
    {
        Backoff.After(failures, Backoff.MaxForNames, NoSpread).Should().Be(TimeSpan.FromSeconds(30));
        Backoff.After(failures + (failures < int.MaxValue ? 10 : 0), Backoff.MaxForEndpoints, NoSpread).Should().Be(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public void After_AnyDraw_SpreadsByAFifthAtMost()
    {
        Random random = new(4711);
        double[] seconds = [.. Enumerable.Range(0, 10_000).Select(_ => Backoff.After(100, TimeSpan.FromSeconds(10), random).TotalSeconds)];

        seconds.Should().OnlyContain(second => second >= 8 && second <= 12);
        seconds.Min().Should().BeLessThan(8.1);
        seconds.Max().Should().BeGreaterThan(11.9);
    }

    [Fact]
    public void After_TheSameSeed_DrawsTheSame()
    {
        TimeSpan[] one = Draw(new Random(1));

        Draw(new Random(1)).Should().Equal(one);
        Draw(new Random(2)).Should().NotEqual(one);

        static TimeSpan[] Draw(Random random) => [.. Enumerable.Range(1, 10).Select(failures => Backoff.After(failures, Backoff.MaxForNames, random))];
    }
}
