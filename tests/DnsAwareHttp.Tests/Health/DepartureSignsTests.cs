using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class DepartureSignsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly DepartureSigns Calm = new(
        new EndpointHealth(EndpointState.Ready, "connected", DateTimeOffset.UnixEpoch),
        HasBroken: false, HasEnded: false, MayConnect: true, IsBusy: true, IdleFor: TimeSpan.Zero);

    [Fact]
    public void NothingHappened_ThereIsNoSign() => Calm.Find(Minute).Should().BeNull();

    [Fact]
    public void ConnectFailed_IsASign() => Reason(Calm with { Health = Failing() }).Should().Be(DepartureReason.AbsentRefused);

    [Fact]
    public void ConnectionBroke_IsASign() => Reason(Calm with { HasBroken = true }).Should().Be(DepartureReason.AbsentBroken);

    [Fact]
    public void ServerEndedAConnection_IsASign() => Reason(Calm with { HasEnded = true }).Should().Be(DepartureReason.AbsentEnded);

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    public void MayNotConnect_IsASignWhenNothingIsOpenEither(bool mayConnect, bool isBusy, bool isSign) =>
        (Reason(Calm with { MayConnect = mayConnect, IsBusy = isBusy }) is DepartureReason.AbsentIdle).Should().Be(isSign);

    [Theory]
    [InlineData(59.9, false)]
    [InlineData(60, true)]
    [InlineData(61, true)]
    public void Idle_IsASignFromTheIdleTimeoutOn(double seconds, bool isSign) =>
        (Reason(Calm with { IsBusy = false, IdleFor = TimeSpan.FromSeconds(seconds) }) is DepartureReason.AbsentIdle).Should().Be(isSign);

    [Fact]
    public void Idle_WithoutAnIdleTimeout_IsNoSign() =>
        (Calm with { IsBusy = false, IdleFor = TimeSpan.FromDays(9) }).Find(Timeout.InfiniteTimeSpan).Should().BeNull();

    [Fact]
    public void SeveralSigns_TheStrongestIsTold()
    {
        DepartureSigns all = new(Failing(), HasBroken: true, HasEnded: true, MayConnect: false, IsBusy: false, IdleFor: Minute);

        Reason(all).Should().Be(DepartureReason.AbsentRefused);
        Reason(all with { Health = Calm.Health }).Should().Be(DepartureReason.AbsentBroken);
        Reason(all with { Health = Calm.Health, HasBroken = false }).Should().Be(DepartureReason.AbsentEnded);
    }

    private static EndpointHealth Failing() => Calm.Health.OnConnectFailed("refused", DateTimeOffset.UnixEpoch);

    private static DepartureReason? Reason(DepartureSigns signs) => signs.Find(Minute)?.Reason;
}
