using DnsAwareHttp.Health;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Health;

public sealed class RecoveryScheduleTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1.6)]
    [InlineData(3, 2.56)]
    [InlineData(11, 109.95)]
    [InlineData(12, 120)]
    [InlineData(10_000, 120)]
    public void Attempt_InTheMiddleOfTheSpread_WaitsByPowersUpToTwoMinutes(int attempt, double seconds) =>
        Pause(attempt, 0.5).TotalSeconds.Should().BeApproximately(seconds, 0.01);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    public void Attempt_AtTheEndsOfTheSpread_WaitsAFifthMoreOrLess(int attempt)
    {
        double middle = Pause(attempt, 0.5).TotalSeconds;

        (Pause(attempt, 0).TotalSeconds / middle).Should().BeApproximately(0.8, 0.001);
        (Pause(attempt, 0.999_999).TotalSeconds / middle).Should().BeApproximately(1.2, 0.001);
    }

    private static TimeSpan Pause(int attempt, double fraction) => RecoverySchedule.PauseBefore(attempt, new ScriptedRandom { Fraction = fraction });
}
