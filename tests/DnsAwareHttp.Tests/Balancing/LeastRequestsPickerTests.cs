using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class LeastRequestsPickerTests
{
    private readonly EndpointPool _idle = new TestEndpoint().Pool;
    private readonly EndpointPool _busy = new TestEndpoint().Busy(3).HasStreams(100).Pool;
    private readonly EndpointPool _busier = new TestEndpoint().Busy(9).Pool;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    public void Pick_OfTwo_TheLessBusyWhateverIsDrawn(int first, int second) =>
        new LeastRequestsPicker([_idle, _busy], new ScriptedRandom(first, second)).Pick().Should().BeSameAs(_idle);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void Pick_OfThree_TheLessBusyOfTheNextInTurnAndTheOneDrawn(int turn, int drawn) =>
        new LeastRequestsPicker([_idle, _busy, _busier], new ScriptedRandom(turn, drawn)).Pick().Should().BeSameAs(_busy);

    [Fact]
    public void Pick_AnyDraw_ComparesTwoDifferentEndpoints()
    {
        // Were an endpoint drawn against itself, the busiest would be picked now and then.
        for (int first = 0; first < 3; first++)
        {
            for (int second = 0; second < 2; second++)
            {
                new LeastRequestsPicker([_idle, _busy, _busier], new ScriptedRandom(first, second)).Pick().Should().NotBeSameAs(_busier);
            }
        }
    }

    [Fact]
    public void Pick_AllAlike_SpreadsEvenly()
    {
        EndpointPool[] pools = [.. Enumerable.Range(0, 5).Select(_ => new TestEndpoint().Pool)];
        LeastRequestsPicker picker = new([.. pools], new Random(3));

        IEnumerable<int> counts = Enumerable.Range(0, 10_000).Select(_ => picker.Pick()).CountBy(pool => pool).Select(count => count.Value);

        counts.Should().HaveCount(5).And.OnlyContain(count => count > 1_800 && count < 2_200);
    }

    [Fact]
    public void Pick_Single_IsThatOne() =>
        new LeastRequestsPicker([_busier], new ScriptedRandom(0)).Pick().Should().BeSameAs(_busier);

    [Theory]
    [InlineData(0.05, true)]
    [InlineData(0.15, false)]
    public void Pick_TheLessBusyIsNew_TakesATenthOfWhatFallsToIt(double fraction, bool taken)
    {
        EndpointPool fresh = new TestEndpoint(startsSlowly: true).Pool;

        new LeastRequestsPicker([fresh, _busy], new ScriptedRandom(0, 0) { Fraction = fraction }).Pick().Should().BeSameAs(taken ? fresh : _busy);
    }

    [Fact]
    public void Pick_TheLessBusyIsNewAndTheOtherHasNoRoom_TakesAll()
    {
        EndpointPool fresh = new TestEndpoint(startsSlowly: true).Pool;
        EndpointPool full = new TestEndpoint().Busy(10).HasStreams(10).Pool;

        new LeastRequestsPicker([fresh, full], new ScriptedRandom(0, 0) { Fraction = 0.99 }).Pick().Should().BeSameAs(fresh);
    }

    [Fact]
    public void Pick_AThousandEndpointsOfEqualServiceTime_NoneIsFarFromTheMean()
    {
        EndpointPool[] pools = [.. Enumerable.Range(0, 900).Select(_ => new TestEndpoint().Pool)];
        LeastRequestsPicker picker = new([.. pools], new Random(11));
        Dictionary<EndpointPool, int> counts = pools.ToDictionary(pool => pool, _ => 0);
        Queue<GateLease> inside = new();
        for (int i = 0; i < 900 * 2_000; i++)
        {
            EndpointPool pool = picker.Pick();
            counts[pool]++;
            _ = pool.TryEnter(out GateLease lease);
            inside.Enqueue(lease);
            if (inside.Count > 450)
            {
                // Each is inside for as long as the others.
                inside.Dequeue().Dispose();
            }
        }

        counts.Values.Max().Should().BeLessThan(2_100);
        counts.Values.Min().Should().BeGreaterThan(1_900);
    }
}
