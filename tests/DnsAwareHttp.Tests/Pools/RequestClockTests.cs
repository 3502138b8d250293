using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class RequestClockTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly RequestClock _clock;

    public RequestClockTests() => _clock = new RequestClock(_time);

    [Fact]
    public void Read_IsTheTimeSinceTheStart()
    {
        _time.Advance(TimeSpan.FromMilliseconds(1500));

        _clock.Seconds(_clock.Read()).Should().BeApproximately(1.5, 1e-9);
    }

    [Fact]
    public void Latest_FollowsReadsToAMillisecond()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _clock.Latest.Should().Be(0, "a look at it reads no clock");
        _clock.Read();
        _clock.Seconds(_clock.Latest).Should().BeApproximately(1, 1e-9);

        _time.Advance(TimeSpan.FromMicroseconds(500));
        _clock.Read();
        _clock.Seconds(_clock.Latest).Should().BeApproximately(1, 1e-9);
    }
}
