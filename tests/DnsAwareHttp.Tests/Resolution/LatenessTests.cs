using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class LatenessTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly Lateness _lateness;

    public LatenessTests() => _lateness = new Lateness(_time);

    [Fact]
    public void NothingIsPlanned_NothingIsLate()
    {
        _time.Advance(TimeSpan.FromDays(1));

        _lateness.IsPossible().Should().BeFalse();
    }

    [Fact]
    public void TheTimerIsBusy_NothingIsLateWithinTheMargin()
    {
        _lateness.OnPlanned(Wait);

        _time.Advance(Wait + Lateness.Margin);
        _lateness.IsPossible().Should().BeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        _lateness.IsPossible().Should().BeTrue();
    }

    [Fact]
    public void TheMachineWasSuspended_IsNoticed()
    {
        _lateness.OnPlanned(Wait);

        _time.Suspend(TimeSpan.FromMinutes(1));

        _lateness.IsPossible().Should().BeTrue();
        _lateness.WasPaused.Should().BeTrue();
    }

    [Fact]
    public async Task TheSystemsClock_OneLookForEachTickNoticesAsWell()
    {
        Lateness lateness = new(TimeProvider.System);
        lateness.OnPlanned(Wait);
        lateness.IsPossible().Should().BeFalse();
        lateness.IsPossible().Should().BeFalse("the tick may be the same");

        lateness.OnPlanned(-Lateness.Margin);

        await Eventually.Holds(lateness.IsPossible, "the next tick comes");
        lateness.IsPossible().Should().BeTrue();
    }

    [Fact]
    public void TheTimerComesFirstAfterAPause_AnswersMayBeLateForAWhile()
    {
        _lateness.OnPlanned(Wait);
        _time.StandStill(TimeSpan.FromMinutes(1));

        _lateness.OnPlanned(Wait);

        _lateness.IsPossible().Should().BeTrue();
        _lateness.OnPlanned(TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        _lateness.IsPossible().Should().BeFalse();
    }
}
