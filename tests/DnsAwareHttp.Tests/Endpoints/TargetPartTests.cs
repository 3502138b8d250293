using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class TargetPartTests
{
    private static readonly ServiceTarget Target = new("a.test", 8080, Priority: 7, Weight: 3);

    [Fact]
    public void Place_Nothing_IsNothing() => new TargetPart(new NoGroup(), Target, 3).Place([]).Should().BeEmpty();

    [Fact]
    public void Place_SharesTheWeightOfTheTargetAndGivesItsPriority()
    {
        EndpointPlacement[] placed = Place(new TestEndpoint(), new TestEndpoint("10.0.0.2"), new TestEndpoint("10.0.0.3"));

        placed.Should().OnlyContain(placement => placement.Priority == 7 && placement.Weight == 1f);
    }

    [Fact]
    public void Place_SomeAreAvoided_TheOthersShareTheWeight()
    {
        EndpointPlacement[] placed = Place(
            new TestEndpoint(), new TestEndpoint("10.0.0.2").Fails(), new TestEndpoint("10.0.0.3") { HasRoute = false });

        placed.Should().OnlyContain(placement => placement.Weight == 3f);
        placed[2].HasRoute.Should().BeFalse("the rest of the place stays");
    }

    [Fact]
    public void Place_AllAreAvoided_ShareTheWeightAsWell() =>
        Place(new TestEndpoint().Fails(), new TestEndpoint("10.0.0.2").Fails()).Should().OnlyContain(placement => placement.Weight == 1.5f);

    [Fact]
    public void Place_ATargetOfWeightZero_EndpointsHaveNone() =>
        new TargetPart(new NoGroup(), Target, 0).Place([new TestEndpoint().Placement]).Single().Weight.Should().Be(0);

    private static EndpointPlacement[] Place(params TestEndpoint[] endpoints) =>
        [.. new TargetPart(new NoGroup(), Target, 3).Place([.. endpoints.Select(endpoint => endpoint.Placement)])];

    private sealed class NoGroup : IEndpointGroup
    {
        public EndpointSet? Current => null;

        public void OnPartChanged_NeedsLock()
        {
        }

        public void Hint()
        {
        }
    }
}
