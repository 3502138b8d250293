using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class NetworkDeadlineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task TheTimeIsOver_Ends()
    {
        using NetworkDeadline deadline = new(Second, _time);

        _time.Advance(Second - TimeSpan.FromMilliseconds(1));
        deadline.Token.IsCancellationRequested.Should().BeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await Eventually.Holds(() => deadline.Token.IsCancellationRequested, "it ends");
        deadline.Queueing.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public async Task AnotherTime_CountsFromNow()
    {
        using NetworkDeadline deadline = new(Timeout.InfiniteTimeSpan, _time);
        _time.Advance(Second);

        deadline.Change(Second);
        _time.Advance(Second);

        await Eventually.Holds(() => deadline.Token.IsCancellationRequested, "it ends");
    }

    [Fact]
    public async Task TheTimeIsTakenAwayAndSetAgain_TheFirstTimeEndsNothing()
    {
        using NetworkDeadline deadline = new(Second, _time);
        deadline.Change(Timeout.InfiniteTimeSpan);
        _time.Advance(Second);
        deadline.Change(Second);
        _time.Advance(Second / 2);
        deadline.Token.IsCancellationRequested.Should().BeFalse();

        _time.Advance(Second / 2);

        await Eventually.Holds(() => deadline.Token.IsCancellationRequested, "it ends");
    }

    [Fact]
    public void TheCallerGivesUp_EndsAtOnce()
    {
        using CancellationTokenSource caller = new();
        using NetworkDeadline deadline = new(Second, _time, caller.Token);

        caller.Cancel();

        deadline.Token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public void TheCallerGaveUpBefore_EndsAtOnce()
    {
        using NetworkDeadline deadline = new(Second, _time, new CancellationToken(canceled: true));

        deadline.Token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public void Disposed_LeavesNoTimer()
    {
        NetworkDeadline deadline = new(Second, _time);

        deadline.Dispose();

        _time.ActiveTimers.Should().Be(0);
        _time.Advance(Second);
        deadline.Token.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public void ARegistrationThrows_TheOneWhoEndsItDoesNotFail()
    {
        using CancellationTokenSource caller = new();
        using NetworkDeadline deadline = new(Second, _time, caller.Token);
        _ = deadline.Token.Register(static () => throw new InvalidOperationException("the registration fails"));

        caller.Invoking(static source => source.Cancel()).Should().NotThrow();
    }
}
