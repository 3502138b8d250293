using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class PeakEwmaPickerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly RequestClock _clock;
    private readonly TestEndpoint _one;
    private readonly TestEndpoint _two;
    private readonly TestEndpoint _three;

    public PeakEwmaPickerTests()
    {
        _clock = new RequestClock(_time);
        (_one, _two, _three) = (Endpoint(1), Endpoint(2), Endpoint(3));
    }

    [Fact]
    public void Pick_NothingIsKnown_IsLeastRequests()
    {
        _two.Busy(2);

        Count(10_000, _one, _two)[_one.Pool].Should().BeGreaterThan(9_900);
        Count(9_000, _one, _three).Values.Should().OnlyContain(count => count == 4_500, "they have their turns");
    }

    [Fact]
    public void Pick_AllAreAsFast_SpreadsEvenly()
    {
        Answer(20, _one, _two, _three);

        Count(30_000, _one, _two, _three).Values.Should().OnlyContain(count => count > 9_500 && count < 10_500);
    }

    [Fact]
    public void Pick_OneIsTenTimesSlower_HasOneOfItsTurnsIn128()
    {
        Answer(20, _one, _two);
        Answer(200, _three);

        Dictionary<EndpointPool, int> counts = Count(128 * 3 * 100, _one, _two, _three);

        counts[_three.Pool].Should().BeInRange(50, 200);
        counts[_one.Pool].Should().BeCloseTo(counts[_two.Pool], 2_500);
    }

    [Fact]
    public void Pick_OneIsSlowAndBusier_IsNotTried()
    {
        Answer(20, _one);
        Answer(200, _two);
        _two.Busy(1);

        Count(10_000, _one, _two)[_one.Pool].Should().Be(10_000);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(30, false)]
    public void Pick_TheFastOneIsBusy_TheSlowOneTakesOverWhenThatIsCheaper(int underWay, bool isFastCheaper)
    {
        Answer(20, _one);
        Answer(200, _two);
        _one.Busy(underWay);

        int fast = Count(10_000, _one, _two).GetValueOrDefault(_one.Pool);

        (fast > 9_900).Should().Be(isFastCheaper);
        (fast < 100).Should().Be(!isFastCheaper);
    }

    [Fact]
    public void Pick_OneHangs_TheOthersTakeItsRequests()
    {
        Answer(20, _one, _two);
        _two.Busy(1);
        _one.Busy(3);
        _time.Advance(TimeSpan.FromSeconds(1));
        _clock.Read();

        // Both are silent now. The first answers, and is busier all the same.
        PoolTiming timing = _one.Pool.Outcomes.Timing!;
        timing.OnAnswered(timing.OnSent(isAtOnce: true), isGood: true);

        Count(10_000, _one, _two)[_one.Pool].Should().BeGreaterThan(9_900);
    }

    [Fact]
    public void Pick_MostAreSlow_TheFastOneHasNearlyAll()
    {
        TestEndpoint[] slow = [.. Enumerable.Range(4, 6).Select(number => Endpoint(number))];
        Answer(20, _one);
        Answer(200, slow);

        Count(10_000, [_one, .. slow])[_one.Pool].Should().BeGreaterThan(9_700, "two choices alone would give it less than a third");
    }

    [Fact]
    public void Pick_OneIsNew_IsNeitherFloodedNorStarved()
    {
        Answer(20, _one, _two);

        Count(30_000, _one, _two, _three)[_three.Pool].Should().BeInRange(9_000, 11_000);
    }

    [Fact]
    public void Pick_OneIsNewBesideWarmOnes_StartsSlowly()
    {
        Answer(20, _one);
        TestEndpoint fresh = new("10.0.0.9", startsSlowly: true, _clock);

        Count(10_000, _one.HasStreams(100), fresh)[fresh.Pool].Should().BeLessThan(1_500);
    }

    [Fact]
    public void Pick_Single_IsThatOne() => Count(10, _one)[_one.Pool].Should().Be(10);

    [Fact]
    public void Pick_Weights_AreTheSharesOfThoseThatAreAsFast()
    {
        (_one.Weight, _two.Weight, _three.Weight) = (60, 30, 10);
        Answer(20, _one, _two, _three);

        Dictionary<EndpointPool, int> counts = Count(100_000, _one, _two, _three);

        counts[_one.Pool].Should().BeCloseTo(60_000, 1_500);
        counts[_two.Pool].Should().BeCloseTo(30_000, 1_500);
        counts[_three.Pool].Should().BeCloseTo(10_000, 1_500);
    }

    [Fact]
    public void Pick_TheHeavyOneIsSlow_TheOthersTakeItsRequests()
    {
        (_one.Weight, _two.Weight, _three.Weight) = (60, 20, 20);
        Answer(200, _one);
        Answer(20, _two, _three);

        Count(10_000, _one, _two, _three)[_one.Pool].Should().BeInRange(1, 4_000, "two turns of the heavy one still meet");
    }

    [Fact]
    public void Pick_AllocatesNothing()
    {
        Answer(20, _one, _two, _three);
        IEndpointPicker picker = Picker(_one, _two, _three);
        picker.Pick();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            EndpointPool pool = picker.Pick();
            pool.TryEnter(out GateLease lease);
            lease.OnAnswered(isGood: true);
            lease.Dispose();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    private TestEndpoint Endpoint(int number) => new($"10.0.0.{number}", startsSlowly: false, _clock);

    private void Answer(int milliseconds, params TestEndpoint[] endpoints)
    {
        foreach (PoolTiming timing in endpoints.Select(endpoint => endpoint.Pool.Outcomes.Timing!))
        {
            for (int i = 0; i < 32; i++)
            {
                long sent = timing.OnSent(isAtOnce: true);
                _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
                timing.OnAnswered(sent, isGood: true);
            }
        }
    }

    private static IEndpointPicker Picker(params TestEndpoint[] endpoints) => EndpointSet.Of(
        [.. endpoints.Select(endpoint => endpoint.Placement)], LoadBalancingPolicy.PeakEwma, new Random(5), before: null)!.Picker;

    private static Dictionary<EndpointPool, int> Count(int picks, params TestEndpoint[] endpoints)
    {
        IEndpointPicker picker = Picker(endpoints);
        return Enumerable.Range(0, picks).Select(_ => picker.Pick()).CountBy(pool => pool).ToDictionary();
    }
}
