using DnsAwareHttp.Balancing;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class PickersTests
{
    [Theory]
    [InlineData(LoadBalancingPolicy.PickFirst, 1, typeof(PickFirstPicker))]
    [InlineData(LoadBalancingPolicy.PickFirst, 2, typeof(PickFirstPicker))]
    [InlineData(LoadBalancingPolicy.RoundRobin, 1, typeof(RoundRobinPicker))]
    [InlineData(LoadBalancingPolicy.RoundRobin, 2, typeof(RoundRobinPicker))]
    [InlineData(LoadBalancingPolicy.PeakEwma, 1, typeof(PeakEwmaPicker))]
    [InlineData(LoadBalancingPolicy.PeakEwma, 2, typeof(PeakEwmaPicker))]
    [InlineData(LoadBalancingPolicy.LeastRequests, 1, typeof(LeastRequestsPicker))]
    [InlineData(LoadBalancingPolicy.LeastRequests, 2, typeof(WeightedLeastRequestsPicker))]
    public void Make_EachPolicyAndWeight_HasItsPicker(LoadBalancingPolicy policy, float otherWeight, Type picker) =>
        Pickers.Make(policy, [new TestEndpoint().Placement, Heavy(otherWeight)], new Random(1), null).Should().BeOfType(picker);

    [Fact]
    public void Make_EveryPolicy_HasAPicker()
    {
        foreach (LoadBalancingPolicy policy in Enum.GetValues<LoadBalancingPolicy>())
        {
            EndpointPlacement only = new TestEndpoint().Placement;

            Pickers.Make(policy, [only], new Random(1), null).Pick().Should().BeSameAs(only.Pool);
        }
    }

    [Fact]
    public void Make_PickFirstAfterPickFirst_StaysWithItsChoice()
    {
        EndpointPlacement one = new TestEndpoint().Placement;
        IEndpointPicker before = Pickers.Make(LoadBalancingPolicy.PickFirst, [one], new Random(1), null);

        Pickers.Make(LoadBalancingPolicy.PickFirst, [Heavy(1), one], new Random(1), before).Pick().Should().BeSameAs(one.Pool);
    }

    [Fact]
    public void Make_RoundRobinWithWeights_GivesTurnsByWeight()
    {
        EndpointPlacement light = new TestEndpoint().Placement;
        IEndpointPicker picker = Pickers.Make(LoadBalancingPolicy.RoundRobin, [light, Heavy(3)], new Random(1), null);

        Enumerable.Range(0, 1_000).Count(_ => picker.Pick() == light.Pool).Should().BeInRange(249, 251);
    }

    private static EndpointPlacement Heavy(float weight) => new TestEndpoint("10.0.0.2") { Weight = weight }.Placement;
}
