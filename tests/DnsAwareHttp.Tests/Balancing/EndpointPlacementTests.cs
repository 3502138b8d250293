using DnsAwareHttp.Balancing;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class EndpointPlacementTests
{
    [Fact]
    public void New_HasTheFirstPriorityARouteAndAUsualWeight() => new EndpointPlacement(new TestEndpoint().Pool).Should().BeEquivalentTo(
        new { Priority = 0, Weight = 1f, HasRoute = true, Membership = "present", IsAvoided = false });

    [Fact]
    public void IsAvoided_WithoutARoute() => new TestEndpoint { HasRoute = false }.Placement.IsAvoided.Should().BeTrue();

    [Fact]
    public void IsAvoided_FollowsTheHealthOfTheEndpoint()
    {
        TestEndpoint endpoint = new();
        EndpointPlacement placement = endpoint.Placement;

        endpoint.Fails();
        placement.IsAvoided.Should().BeTrue();
        endpoint.Connects();
        placement.IsAvoided.Should().BeFalse();
        endpoint.Pool.OnMisdirected();
        placement.IsAvoided.Should().BeTrue();
    }
}
