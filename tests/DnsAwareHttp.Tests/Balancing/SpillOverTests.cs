using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

/// <summary>Which part of the requests each priority has, and who has those that find the first priority full.</summary>
public sealed class SpillOverTests
{
    private readonly Random _random = new(7);

    [Theory]
    [InlineData(3, 0, 1)] // All are well.
    [InlineData(4, 1, 1)] // 3 of 4 are more than 1 / 1.4.
    [InlineData(3, 1, 0.933)]
    [InlineData(2, 1, 0.7)]
    [InlineData(3, 2, 0.467)]
    [InlineData(10, 9, 0.14)]
    [InlineData(3, 3, 0)]
    public void SomeOfTheFirstPriorityFail_TheNextHasTheRest(int local, int failing, double part)
    {
        TestEndpoint[] first = Endpoints(priority: 0, local);
        TestEndpoint[] next = Endpoints(priority: 1, 3);
        Array.ForEach(first[..failing], one => one.Fails());

        EndpointSet set = SetOf([.. first, .. next]);

        EndpointPool[] picks = [.. Enumerable.Range(0, 30_000).Select(_ => set.Picker.Pick())];
        ((double)picks.Count(pool => first.Any(one => one.Pool == pool)) / picks.Length).Should().BeApproximately(part, 0.01);
        picks.Intersect(first[..failing].Select(one => one.Pool)).Should().BeEmpty();
        int[] others = [.. next.Select(one => picks.Count(pool => pool == one.Pool))];
        others.Min().Should().BeGreaterThanOrEqualTo((int)(others.Sum() * 0.3), "they share it evenly");
    }

    [Fact]
    public void TheNextIsPartlyUsableToo_TheThirdHasTheRest()
    {
        TestEndpoint[] all = [.. Endpoints(0, 2), .. Endpoints(1, 4), .. Endpoints(2, 2)];
        Array.ForEach([all[0], all[2], all[3], all[4]], one => one.Fails()); // 0.7, then 0.35 for the rest of 0.3.

        EndpointSet set = SetOf(all);

        set.Preferred.Should().Equal(all[1].Pool, all[5].Pool);
        set.Overflow.Should().Equal(all[6].Pool, all[7].Pool);
    }

    [Fact]
    public void AllOfAllPrioritiesFail_TheFirstIsTriedFirst()
    {
        TestEndpoint[] all = [.. Endpoints(0, 1), .. Endpoints(1, 1)];
        Array.ForEach(all, one => one.Fails());

        SetOf(all).Preferred.Should().Equal(all[0].Pool);
    }

    [Fact]
    public void PickFirst_UsesTheNextOnlyWhenTheFirstIsOut()
    {
        TestEndpoint[] all = [.. Endpoints(0, 3), .. Endpoints(1, 1)];
        Array.ForEach(all[..2], one => one.Fails());

        SetOf(all, LoadBalancingPolicy.PickFirst).Preferred.Should().Equal(all[2].Pool);
        all[2].Fails();
        SetOf(all, LoadBalancingPolicy.PickFirst).Preferred.Should().Equal(all[3].Pool);
    }

    [Fact]
    public void ServiceRecords_TheNextIsUsedOnlyWhenTheFirstIsOut()
    {
        TestEndpoint[] all = [.. Endpoints(0, 3), .. Endpoints(1, 1)];
        Array.ForEach(all[..2], one => one.Fails());

        EndpointSet set = EndpointSet.Of([.. all.Select(one => one.Placement)], LoadBalancingPolicy.LeastRequests, _random, null)!;

        (set.Preferred.Single(), set.Overflow.IsEmpty).Should().Be((all[2].Pool, true));
    }

    [Fact]
    public void TheFirstIsFull_RequestsGoToTheNextAtOnce()
    {
        TestEndpoint[] all = [.. Endpoints(0, 1), .. Endpoints(1, 1)];
        all[0].Connects().HasStreams(2).Busy(2);

        SetOf(all).Pick(_random).Should().Be(all[1].Pool);
        all[0].Pool.Room.HasPlace.Should().BeFalse();
        EndpointSet.Of([.. all.Select(one => one.Placement)], LoadBalancingPolicy.LeastRequests, _random, null)!.Pick(_random)
            .Should().Be(all[0].Pool, "other targets of a service only stand by");
    }

    [Fact]
    public async Task TheFirstIsNotConnected_TheNextHasTheRequestMeanwhile()
    {
        using EndpointBench bench = new();
        EndpointPool first = bench.Pool("10.0.0.1");
        EndpointPool next = bench.Connected("10.0.1.1");
        EndpointSet set = EndpointSet.Of(
            [new EndpointPlacement(first), new EndpointPlacement(next) { Priority = 1 }], LoadBalancingPolicy.LeastRequests, _random, null,
            maxEjectedShare: 0.5, spillsOver: true)!;

        set.Pick(_random).Should().Be(next);

        await bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public void DialsThatTakeLong_TheNextPriorityTakesPart()
    {
        TestEndpoint[] all = [.. Endpoints(0, 2), .. Endpoints(1, 2)];
        EndpointSet set = SetOf(all);

        set.DialOrder(all[0].Pool, default).Should().Equal(all.Select(one => one.Pool));
        set.Fallbacks().Should().BeEmpty();
    }

    private EndpointSet SetOf(TestEndpoint[] all, LoadBalancingPolicy policy = LoadBalancingPolicy.LeastRequests)
    {
        ImmutableArray<EndpointPlacement> placements = [.. all.Select(one => one.Placement)];
        return EndpointSet.Of(placements, policy, _random, null, maxEjectedShare: 0.5, spillsOver: true)!;
    }

    private static TestEndpoint[] Endpoints(int priority, int count) =>
        [.. Enumerable.Range(1, count).Select(i => new TestEndpoint($"10.0.{priority}.{i}") { Priority = priority })];
}
