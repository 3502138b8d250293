using System.Collections.Concurrent;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

/// <summary>Endpoints of different weights and priorities: who gets how much, and when.</summary>
public sealed class WeightedPickersTests
{
    private readonly TestEndpoint _a = new("10.0.0.1");
    private readonly TestEndpoint _b = new("10.0.0.2");
    private readonly TestEndpoint _c = new("10.0.0.3");

    [Theory]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    public void Weights_AreTheSharesOfIdleEndpoints(LoadBalancingPolicy policy)
    {
        (_a.Weight, _b.Weight, _c.Weight) = (60, 30, 10);

        Dictionary<EndpointPool, int> counts = Count(policy, 100_000);

        counts[_a.Pool].Should().BeCloseTo(60_000, 300);
        counts[_b.Pool].Should().BeCloseTo(30_000, 300);
        counts[_c.Pool].Should().BeCloseTo(10_000, 300);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(200)]
    public void LeastRequests_WeightsAreTheSharesHoweverManyAreUnderWay(int underWay)
    {
        (_a.Weight, _b.Weight, _c.Weight) = (80, 15, 5);
        IEndpointPicker picker = Set(LoadBalancingPolicy.LeastRequests, 5).Picker;
        ConcurrentDictionary<EndpointPool, int> counts = new();
        Queue<GateLease> inside = new();
        for (int i = 0; i < 100_000; i++)
        {
            EndpointPool pool = picker.Pick();
            counts.AddOrUpdate(pool, 1, static (_, count) => count + 1);
            _ = pool.TryEnter(out GateLease lease);
            inside.Enqueue(lease);
            if (inside.Count > underWay)
            {
                // Each is inside for as long as the others.
                inside.Dequeue().Dispose();
            }
        }

        counts[_a.Pool].Should().BeInRange(77_000, 83_000);
        counts[_b.Pool].Should().BeInRange(13_000, 17_000);
        counts[_c.Pool].Should().BeInRange(3_800, 6_500);
    }

    [Fact]
    public void LeastRequests_OneThatIsBusierForItsWeightGivesWay()
    {
        (_a.Weight, _b.Weight) = (9, 1);
        _a.Busy(40);

        // As many as the light one may have until it is as busy as the heavy one: all go there.
        IEndpointPicker picker = Set(LoadBalancingPolicy.LeastRequests, 1, _a, _b).Picker;
        int light = Enumerable.Range(0, 3_000).Count(_ => picker.Pick() == _b.Pool);

        light.Should().BeGreaterThan(450, "whenever it is one of the two it takes the request: nearly twice its share");
    }

    [Theory]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    public void WeightZeroBesideOthers_IsNextToNothingButNotNothing(LoadBalancingPolicy policy)
    {
        (_a.Weight, _b.Weight, _c.Weight) = (10, 10, 0);

        Count(policy, 100_000)[_c.Pool].Should().BeInRange(1, 300);
    }

    [Theory]
    [InlineData(LoadBalancingPolicy.RoundRobin, typeof(RoundRobinPicker))]
    [InlineData(LoadBalancingPolicy.LeastRequests, typeof(LeastRequestsPicker))]
    public void EqualWeights_ThePickerIsTheOneOfEndpointsWithoutWeights(LoadBalancingPolicy policy, Type picker)
    {
        (_a.Weight, _b.Weight, _c.Weight) = (0.25f, 0.25f, 0.25f);

        Set(policy, 1).Picker.Should().BeOfType(picker);
        Count(policy, 30_000).Values.Should().OnlyContain(count => count > 9_700 && count < 10_300);
    }

    [Fact]
    public void RoundRobin_TurnsOfOneEndpointAreApart()
    {
        (_a.Weight, _b.Weight, _c.Weight) = (2, 1, 1);
        IEndpointPicker picker = Set(LoadBalancingPolicy.RoundRobin, 1).Picker;

        EndpointPool[] picked = [.. Enumerable.Range(0, 400).Select(_ => picker.Pick())];

        for (int i = 0; i + 4 <= picked.Length; i++)
        {
            picked.Skip(i).Take(4).Count(pool => pool == _a.Pool).Should().BeInRange(1, 3);
        }
    }

    [Fact]
    public void WeightedAndNew_TakesATenthOfItsShare()
    {
        TestEndpoint fresh = new("10.0.0.4", startsSlowly: true) { Weight = 3 };
        IEndpointPicker picker = Set(LoadBalancingPolicy.LeastRequests, 1, fresh, _b.HasStreams(100)).Picker;

        Enumerable.Range(0, 10_000).Count(_ => picker.Pick() == fresh.Pool).Should().BeLessThan(6_500);
    }

    [Fact]
    public void Priority_OnlyTheLowestNumberIsOffered_TheOthersInTheirOrderWhenAllElseFailed()
    {
        (_a.Priority, _b.Priority, _c.Priority) = (20, 10, 30);
        EndpointSet set = Set(LoadBalancingPolicy.RoundRobin, 1);

        set.Preferred.Should().Equal(_b.Pool);
        set.LastResort.Should().Equal(_a.Pool, _c.Pool);
        set.DialOrder(_b.Pool, default).Should().Equal(_b.Pool);
        set.Fallbacks().SelectMany(rank => rank).Should().Equal(_a.Pool, _c.Pool);
        set.PickOther([_b.Pool], new Random(1)).Should().BeSameAs(_a.Pool);
        set.PickOther([_b.Pool, _a.Pool], new Random(1)).Should().BeSameAs(_c.Pool);
    }

    [Fact]
    public void Priority_TheNextOneWhileAllOfTheFirstFail_AndBack()
    {
        (_a.Priority, _b.Priority, _c.Priority) = (1, 1, 2);
        _a.Fails();
        Set(LoadBalancingPolicy.LeastRequests, 1).Preferred.Should().Equal(_b.Pool);
        _b.Fails();
        EndpointSet down = Set(LoadBalancingPolicy.LeastRequests, 1);
        down.Preferred.Should().Equal(_c.Pool);
        down.LastResort.Should().Equal(_a.Pool, _b.Pool);
        _c.Fails();
        Set(LoadBalancingPolicy.LeastRequests, 1).Preferred.Should().Equal([_a.Pool, _b.Pool], "better a try than a refusal, the first priority first");
        _b.Connects();
        Set(LoadBalancingPolicy.LeastRequests, 1).Preferred.Should().Equal(_b.Pool);
    }

    private Dictionary<EndpointPool, int> Count(LoadBalancingPolicy policy, int picks)
    {
        IEndpointPicker picker = Set(policy, 7).Picker;
        return Enumerable.Range(0, picks).Select(_ => picker.Pick()).CountBy(pool => pool).ToDictionary();
    }

    private EndpointSet Set(LoadBalancingPolicy policy, int seed) => Set(policy, seed, _a, _b, _c);

    private static EndpointSet Set(LoadBalancingPolicy policy, int seed, params TestEndpoint[] endpoints) =>
        EndpointSet.Of([.. endpoints.Select(endpoint => endpoint.Placement)], policy, new Random(seed), before: null)!;
}
