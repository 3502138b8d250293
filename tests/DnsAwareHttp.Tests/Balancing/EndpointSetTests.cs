using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class EndpointSetTests
{
    private readonly Random _random = new(5);
    private readonly TestEndpoint _a = new("10.0.0.1");
    private readonly TestEndpoint _b = new("10.0.0.2");
    private readonly TestEndpoint _c = new("10.0.0.3");

    [Fact]
    public void Of_NoPools_IsNothing() => EndpointSet.Of([], LoadBalancingPolicy.LeastRequests, _random, before: null).Should().BeNull();

    [Theory]
    [InlineData(LoadBalancingPolicy.LeastRequests, typeof(LeastRequestsPicker))]
    [InlineData(LoadBalancingPolicy.RoundRobin, typeof(RoundRobinPicker))]
    [InlineData(LoadBalancingPolicy.PickFirst, typeof(PickFirstPicker))]
    public void Of_EachPolicy_HasItsPicker(LoadBalancingPolicy policy, Type picker) => Of(policy, null, _a).Picker.Should().BeOfType(picker);

    [Fact]
    public void Of_OneFails_ItIsTheLastResort()
    {
        _b.Fails();

        EndpointSet set = Of(LoadBalancingPolicy.RoundRobin, null, _a, _b, _c);

        set.Preferred.Should().Equal(_a.Pool, _c.Pool);
        set.LastResort.Should().Equal(_b.Pool);
        Enumerable.Range(0, 10).Select(_ => set.Picker.Pick()).Should().NotContain(_b.Pool);
    }

    [Fact]
    public void Of_TheFirstPriorityIsOnTrialWhileTheNextServes_ItIsTried()
    {
        (_a.Priority, _b.Priority) = (0, 1);
        _a.Connects().Busy(1).Pool.OnConnectTimedOut(ConnectPhase.Handshake);
        _a.Pool.Health.NeedsAnswer.Should().BeTrue();
        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b);
        set.Preferred.Should().Equal(_b.Pool);
        set.Picker.Should().NotBeOfType<TrialPicker>();

        _a.Pool.Outcomes.BeginTrial();

        Of(LoadBalancingPolicy.LeastRequests, null, _a, _b).Picker.Should().BeOfType<TrialPicker>("otherwise it would never return");
    }

    [Fact]
    public void Of_OneConnectsAgain_ItIsPreferredAgain()
    {
        _b.Fails().Connects();

        Of(LoadBalancingPolicy.RoundRobin, null, _a, _b).Preferred.Should().Equal(_a.Pool, _b.Pool);
    }

    [Fact]
    public void Of_AllFail_AllArePreferred()
    {
        _a.Fails();
        _b.Fails();

        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b);

        set.Preferred.Should().Equal(_a.Pool, _b.Pool);
        set.LastResort.Should().BeEmpty();
    }

    [Fact]
    public void Of_AllFailAgainAndAgain_NobodyIsEverForgotten()
    {
        _a.Fails();
        _b.Fails();
        for (int i = 0; i < 100_000; i++)
        {
            EndpointSet set = Of(LoadBalancingPolicy.RoundRobin, null, _a, _b);
            (set.Preferred.Length, set.LastResort.Length).Should().Be((2, 0));
        }
    }

    [Fact]
    public async Task Of_StatesChangeMeanwhile_EachEndpointIsOnOneSide()
    {
        using CancellationTokenSource stop = new();
        Task changing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _a.Fails().Connects();
            }
        });
        for (int i = 0; i < 50_000; i++)
        {
            EndpointSet set = Of(LoadBalancingPolicy.RoundRobin, null, _a, _b);
            set.Preferred.Concat(set.LastResort).Should().HaveCount(2);
        }

        await stop.CancelAsync();
        await changing;
    }

    [Fact]
    public void PickFirst_OrderChanges_StaysWithItsChoice()
    {
        EndpointSet set = Of(LoadBalancingPolicy.PickFirst, null, _a, _b);

        set = Of(LoadBalancingPolicy.PickFirst, set, _b, _c, _a);

        set.Picker.Pick().Should().BeSameAs(_a.Pool);
    }

    [Fact]
    public void PickFirst_ItsChoiceFails_MovesOnAndDoesNotMoveBack()
    {
        EndpointSet set = Of(LoadBalancingPolicy.PickFirst, null, _a, _b, _c);
        _a.Fails();
        set = Of(LoadBalancingPolicy.PickFirst, set, _a, _b, _c);
        set.Picker.Pick().Should().BeSameAs(_b.Pool);
        _b.Connects();

        _a.Connects();
        set = Of(LoadBalancingPolicy.PickFirst, set, _a, _b, _c);

        set.Picker.Pick().Should().BeSameAs(_b.Pool);
    }

    [Fact]
    public void PickFirst_ItsChoiceWasNeverConnectedWhileAnotherIs_MovesToThatOne()
    {
        EndpointSet set = Of(LoadBalancingPolicy.PickFirst, null, _a, _b, _c);
        _c.Connects();

        Of(LoadBalancingPolicy.PickFirst, set, _a, _b, _c).Picker.Pick().Should().BeSameAs(_c.Pool);
    }

    [Fact]
    public void PickFirst_ItsChoiceLeaves_TakesTheFirst()
    {
        EndpointSet set = Of(LoadBalancingPolicy.PickFirst, null, _a, _b);

        Of(LoadBalancingPolicy.PickFirst, set, _c, _b).Picker.Pick().Should().BeSameAs(_c.Pool);
    }

    [Fact]
    public void PickFirst_PolicyWasAnother_TakesTheFirst() =>
        Of(LoadBalancingPolicy.PickFirst, Of(LoadBalancingPolicy.RoundRobin, null, _b), _a, _b).Picker.Pick().Should().BeSameAs(_a.Pool);

    [Fact]
    public void PickOther_TriedOnes_AreLeftOutThenFailingOnesThenNone()
    {
        _c.Fails();
        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b, _c);

        set.PickOther([_a.Pool], _random).Should().BeSameAs(_b.Pool);
        set.PickOther([_b.Pool, _a.Pool], _random).Should().BeSameAs(_c.Pool);
        set.PickOther([_b.Pool, _a.Pool, _c.Pool], _random).Should().BeNull();
    }

    [Fact]
    public void PickOther_NoneTried_SpreadsOverThePreferred()
    {
        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b, _c);

        Enumerable.Range(0, 100).Select(_ => set.PickOther([], _random)).Distinct().Should().BeEquivalentTo([_a.Pool, _b.Pool, _c.Pool], options => options.ComparingByValue<EndpointPool>());
    }

    [Fact]
    public void Of_OneAnswered421OrHasNoRoute_ItIsTheLastResort()
    {
        _a.Pool.OnMisdirected();
        _b.HasRoute = false;

        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b, _c);

        set.Preferred.Should().Equal(_c.Pool);
        set.LastResort.Should().Equal(_a.Pool, _b.Pool);
    }

    [Fact]
    public void DialOrder_NothingIsKnown_TheFamiliesTakeTurnsFromThePickedOneOn()
    {
        TestEndpoint six = new("2001:db8::1");
        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b, six, _c);

        set.DialOrder(_b.Pool, AddressFamily.Unspecified).Should().Equal(_b.Pool, six.Pool, _c.Pool, _a.Pool);
        set.DialOrder(six.Pool, AddressFamily.Unspecified).Should().Equal(six.Pool, _c.Pool, _a.Pool, _b.Pool);
        set.DialOrder(_b.Pool, AddressFamily.InterNetworkV6).Should().Equal(six.Pool, _b.Pool, _c.Pool, _a.Pool);
    }

    [Fact]
    public void DialOrder_ThoseThatConnectedLastTimeComeFirstAndFailingOnesLast()
    {
        TestEndpoint six = new("2001:db8::1");
        _a.Fails();
        _c.Connects();
        EndpointSet set = Of(LoadBalancingPolicy.LeastRequests, null, _a, _b, six, _c);

        set.DialOrder(_b.Pool, AddressFamily.InterNetworkV6).Should().Equal(_c.Pool, six.Pool, _b.Pool, _a.Pool);
    }

    [Fact]
    public void DialOrder_ThePickedOneLeftTheSetMeanwhile_AllOthersAreThere() =>
        Of(LoadBalancingPolicy.LeastRequests, null, _b, _c).DialOrder(_a.Pool, AddressFamily.Unspecified).Should().Equal(_b.Pool, _c.Pool);

    private EndpointSet Of(LoadBalancingPolicy policy, EndpointSet? before, params TestEndpoint[] endpoints) =>
        EndpointSet.Of([.. endpoints.Select(endpoint => endpoint.Placement)], policy, _random, before)!;
}
