using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class RecentTrafficTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void SteadyRequests_GiveTheirRate()
    {
        RecentTraffic traffic = new(0, Start);
        for (int quarter = 1; quarter <= 400; quarter++)
        {
            traffic = traffic.After(25, Start.AddSeconds(quarter * 0.25));
        }

        traffic.RateAt(Start.AddSeconds(100)).Should().BeApproximately(100, 2);
    }

    [Fact]
    public void NoRequests_TheRateFades()
    {
        RecentTraffic traffic = new RecentTraffic(0, Start).After(1000, Start.AddSeconds(1));

        traffic.RateAt(Start.AddSeconds(1)).Should().Be(100);
        traffic.RateAt(Start.AddSeconds(61)).Should().BeLessThan(0.5);
    }

    [Fact]
    public void ClockThatGoesBack_ChangesNothing() =>
        new RecentTraffic(100, Start).After(0, Start.AddSeconds(-5)).Should().Be(new RecentTraffic(100, Start));
}
