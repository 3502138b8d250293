using System.Collections.Concurrent;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class RoundRobinPickerTests
{
    private readonly EndpointPool[] _pools = [.. Enumerable.Range(0, 3).Select(_ => new TestEndpoint().Pool)];

    [Fact]
    public void Pick_OneAfterTheOther_EachInTurn()
    {
        RoundRobinPicker picker = new([.. _pools], new ScriptedRandom(2));

        Enumerable.Range(0, 6).Select(_ => picker.Pick()).Should().Equal(_pools[0], _pools[1], _pools[2], _pools[0], _pools[1], _pools[2]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    public void Pick_First_IsDrawn(int draw, int expected) => new RoundRobinPicker([.. _pools], new ScriptedRandom(draw)).Pick().Should().BeSameAs(_pools[expected]);

    [Fact]
    public void Pick_FromManyThreads_StaysEven()
    {
        RoundRobinPicker picker = new([.. _pools], new Random(1));
        ConcurrentDictionary<EndpointPool, int> counts = new();

        Parallel.For(0, 30_000, _ => counts.AddOrUpdate(picker.Pick(), 1, static (_, count) => count + 1));

        counts.Values.Should().Equal(10_000, 10_000, 10_000);
    }

    [Fact]
    public void Pick_CounterOverflows_GoesOn()
    {
        // Three turns before the end of 32 bits.
        RoundRobinPicker picker = new([.. _pools], new ScriptedRandom(-4));

        EndpointPool[] picked = [.. Enumerable.Range(0, 300).Select(_ => picker.Pick())];

        picked.CountBy(pool => pool).Should().HaveCount(3).And.OnlyContain(count => count.Value >= 99 && count.Value <= 101);
    }

    [Fact]
    public void Pick_Single_IsAlwaysIt()
    {
        RoundRobinPicker picker = new([_pools[0]], new Random(1));

        Enumerable.Range(0, 5).Select(_ => picker.Pick()).Should().AllBeEquivalentTo(_pools[0], options => options.ComparingByValue<EndpointPool>());
    }

    [Theory]
    [InlineData(0.05, true)]
    [InlineData(0.15, false)]
    public void Pick_TheNextIsNew_TakesATenthOfItsTurns(double fraction, bool taken)
    {
        EndpointPool fresh = new TestEndpoint(startsSlowly: true).Pool;
        EndpointPool warm = new TestEndpoint().HasStreams(100).Pool;

        // From 1 on: the first turn is that of number 0.
        new RoundRobinPicker([fresh, warm], new ScriptedRandom(draws: 1) { Fraction = fraction }).Pick().Should().BeSameAs(taken ? fresh : warm);
    }

    [Fact]
    public void Pick_TheNextIsNewAndTheOtherHasNoRoom_KeepsItsTurn()
    {
        EndpointPool fresh = new TestEndpoint(startsSlowly: true).Pool;
        EndpointPool full = new TestEndpoint().Busy(10).HasStreams(10).Pool;

        new RoundRobinPicker([fresh, full], new ScriptedRandom(draws: 1) { Fraction = 0.99 }).Pick().Should().BeSameAs(fresh);
    }
}
