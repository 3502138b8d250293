using DnsAwareHttp.Health;
using FsCheck.Xunit;

namespace DnsAwareHttp.Tests.Health;

public sealed class EjectionTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly OutlierDetectionOptions Defaults = new();

    [Fact]
    public void InARow_EachTakesTwiceAsLongUpToTheLimit()
    {
        List<double> seconds = [];
        Ejection? ejection = null;
        for (int i = 0; i < 8; i++)
        {
            ejection = Ejection.Next(ejection, Defaults, TimeSpan.Zero, spread: 0, Now);
            seconds.Add(ejection.Duration.TotalSeconds);
        }

        seconds.Should().Equal(10, 20, 40, 80, 160, 300, 300, 300);
        ejection!.Count.Should().Be(8);
        ejection.Until.Should().Be(Now.AddSeconds(300));
    }

    [Theory]
    [InlineData(10, 2)]
    [InlineData(10.001, 1)]
    public void BackForLongerThanItWasAway_TheRowIsOver(double secondsBack, int count)
    {
        Ejection before = Ejection.Next(null, Defaults, TimeSpan.Zero, spread: 0, Now) with { Ended = Now.AddSeconds(11) };

        Ejection.Next(before, Defaults, TimeSpan.Zero, spread: 0, Now.AddSeconds(11 + secondsBack)).Count.Should().Be(count);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(0.5, 11)]
    [InlineData(1, 12)]
    public void Spread_AddsUpToAFifth(double spread, double seconds) =>
        Ejection.Next(null, Defaults, TimeSpan.Zero, spread, Now).Duration.TotalSeconds.Should().BeApproximately(seconds, 1e-6);

    [Theory]
    [InlineData(-5, 10)]
    [InlineData(3, 10)]
    [InlineData(45, 45)]
    [InlineData(86_400, 300)]
    public void RetryAfter_IsTheLeastTimeUpToTheLimit(double retryAfter, double seconds) =>
        Ejection.Next(null, Defaults, TimeSpan.FromSeconds(retryAfter), spread: 0, Now).Duration.TotalSeconds.Should().Be(seconds);

    [Property]
    public bool Duration_IsAlwaysWithinTheLimits(byte ejections, double spread)
    {
        Ejection ejection = Ejection.Next(null, Defaults, TimeSpan.Zero, 0, Now);
        for (int i = 0; i < ejections; i++)
        {
            ejection = Ejection.Next(ejection, Defaults, TimeSpan.Zero, double.IsFinite(spread) ? Math.Abs(spread % 1) : 0, Now);
        }

        return ejection.Duration >= Defaults.EjectionTime && ejection.Duration <= Defaults.MaxEjectionTime;
    }
}
