using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class SlowStartTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-1, 0.1f)]
    [InlineData(0, 0.1f)]
    [InlineData(1, 0.1f)]
    [InlineData(2, 0.2f)]
    [InlineData(5, 0.5f)]
    [InlineData(9.5, 0.95f)]
    [InlineData(10, 1)]
    [InlineData(86_400, 1)]
    public void Connected_TakesAShareThatGrowsForTenSeconds(double seconds, float share) =>
        SlowStart.ShareOf(new EndpointHealth(EndpointState.Ready, "connected", Start), Start.AddSeconds(seconds)).Should().BeApproximately(share, 0.0001f);

    [Theory]
    [InlineData(EndpointState.Idle)]
    [InlineData(EndpointState.Connecting)]
    [InlineData(EndpointState.Failing)]
    [InlineData(EndpointState.Draining)]
    public void NotConnected_TakesTheFirstShareHoweverLongAgoItJoined(EndpointState state) =>
        SlowStart.ShareOf(new EndpointHealth(state, "", Start), Start.AddHours(1)).Should().Be(SlowStart.FirstShare);
}
