using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class SteadyClockTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Now_WallClockJumps_GoesOnAsIfNothingHappened()
    {
        JumpyTimeProvider time = new();
        SteadyClock clock = new(time);

        time.Wall = Start.AddYears(1);
        clock.Now.Should().Be(Start);

        time.Wall = Start.AddDays(-1);
        clock.Now.Should().Be(Start);
    }

    [Fact]
    public void Now_TimePasses_Follows()
    {
        JumpyTimeProvider time = new();
        SteadyClock clock = new(time);

        time.Elapsed = TimeSpan.FromSeconds(90);

        clock.Now.Should().Be(Start.AddSeconds(90));
    }

    /// <summary>A system whose time of day is set at will while its uptime goes on.</summary>
    private sealed class JumpyTimeProvider : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = Start;

        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => 1_000_000 + Elapsed.Ticks;
    }
}
