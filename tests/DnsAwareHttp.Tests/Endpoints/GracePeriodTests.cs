using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class GracePeriodTests : IDisposable
{
    private readonly EndpointBench _bench = new(new DnsAwareOptions { EmptyAnswerGrace = TimeSpan.FromSeconds(10) });
    private readonly List<(DepartureReason Reason, string Detail, bool IsLocked)> _over = [];
    private readonly List<object> _kept = []; // Timers hold their owner weakly.
    private readonly GracePeriod _grace;

    public GracePeriodTests() => _grace = Grace(_bench.Scope);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Begin_IsOverWhenTheGraceIs_AndTellsForHowLong()
    {
        Begin(_grace);
        _grace.IsRunning.Should().BeTrue();
        _bench.Clock.Advance(TimeSpan.FromSeconds(9.9));
        _over.Should().BeEmpty();

        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        _over.Should().Equal((DepartureReason.NameEmpty, "NXDOMAIN, for 10 s", true));
        _grace.IsRunning.Should().BeFalse();
    }

    [Fact]
    public void Begin_WithoutAGrace_IsOverAtOnce()
    {
        GracePeriod grace = Grace(_bench.Scope with { Options = new DnsAwareOptions { EmptyAnswerGrace = TimeSpan.Zero } });

        Begin(grace);

        _over.Should().Equal((DepartureReason.NameEmpty, "NXDOMAIN", true));
        grace.IsRunning.Should().BeFalse();
        _bench.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Begin_WhileItRuns_TheFirstTimeAndReasonCount()
    {
        Begin(_grace);
        _bench.Clock.Advance(TimeSpan.FromSeconds(9));
        _bench.Locked(() => _grace.Begin_NeedsLock(DepartureReason.Filtered, "refused"));

        _bench.Clock.Advance(TimeSpan.FromSeconds(1));

        _over.Should().ContainSingle().Which.Reason.Should().Be(DepartureReason.NameEmpty);
    }

    [Fact]
    public void End_InTime_NothingIsOver()
    {
        Begin(_grace);
        _bench.Locked(_grace.End_NeedsLock);

        _bench.Clock.Advance(TimeSpan.FromMinutes(1));

        _grace.IsRunning.Should().BeFalse();
        _over.Should().BeEmpty();
        _bench.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void End_NotBegun_IsNothing() => _bench.Locked(_grace.End_NeedsLock);

    [Fact]
    public void Begin_AfterAnEnd_HasItsFullTime()
    {
        Begin(_grace);
        _bench.Clock.Advance(TimeSpan.FromSeconds(9));
        _bench.Locked(_grace.End_NeedsLock);
        Begin(_grace);

        _bench.Clock.Advance(TimeSpan.FromSeconds(9.9));
        _over.Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        _over.Should().ContainSingle();
    }

    [Fact]
    public void LateTickOfAnEndedGrace_DoesNotEndTheNextOne()
    {
        LateTicks time = new();
        GracePeriod grace = Grace(_bench.Scope with { Clock = new SteadyClock(time) });
        Begin(grace);
        _bench.Locked(grace.End_NeedsLock);
        Begin(grace);

        time.Ticks[0]();
        _over.Should().BeEmpty();
        grace.IsRunning.Should().BeTrue();
        time.Ticks[1]();

        _over.Should().ContainSingle();
    }

    private GracePeriod Grace(OriginScope scope)
    {
        GracePeriod grace = new(scope, _bench.Sync, (reason, detail) => _over.Add((reason, detail, _bench.Sync.IsHeldByCurrentThread)));
        _kept.Add(grace);
        return grace;
    }

    private void Begin(GracePeriod grace) => _bench.Locked(() => grace.Begin_NeedsLock(DepartureReason.NameEmpty, "NXDOMAIN"));

    /// <summary>A clock whose timers tick when the test says so, after their disposal as well: as a tick that waits for the lock does.</summary>
    private sealed class LateTicks : TimeProvider
    {
        public List<Action> Ticks { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Ticks.Add(() => callback(state));
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
