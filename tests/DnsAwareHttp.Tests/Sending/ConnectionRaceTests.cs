using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

public sealed class ConnectionRaceTests : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(250);

    private readonly EndpointBench _bench = new();
    private readonly ConnectionRace _race;

    public ConnectionRaceTests() => _race = new ConnectionRace(Delay, _bench.Clock);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task NoEndpoint_HasNoWinner()
    {
        RaceOutcome outcome = await _race.RunAsync([], CancellationToken.None);

        outcome.Winner.Should().BeNull();
        outcome.Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task FirstIsConnected_WinsWithoutADial()
    {
        EndpointPool connected = _bench.Connected("10.0.0.1");

        (await _race.RunAsync([connected, _bench.Pool("10.0.0.2")], CancellationToken.None)).Winner.Should().BeSameAs(connected);

        _bench.Dialled.Should().BeEmpty();
    }

    [Fact]
    public async Task FirstTakesLong_TheNextIsDialledAfterTheAttemptDelay()
    {
        EndpointPool[] pools = Pools("10.0.0.1", "10.0.0.2", "10.0.0.3");
        Task<RaceOutcome> running = _race.RunAsync(pools, CancellationToken.None);
        await _bench.HasDialled("10.0.0.1");
        _bench.Clock.Advance(Delay - TimeSpan.FromTicks(1));
        _bench.Dialled.Should().Equal("10.0.0.1");

        _bench.Clock.Advance(TimeSpan.FromTicks(1));
        await _bench.HasDialled("10.0.0.2");
        _bench.Opens("10.0.0.2");

        (await running).Should().BeEquivalentTo(new { Winner = pools[1], IsFamilyContest = false });
        _bench.Dialled.Should().Equal("10.0.0.1", "10.0.0.2");
    }

    [Fact]
    public async Task FirstFails_TheNextIsDialledAtOnce()
    {
        EndpointPool[] pools = Pools("10.0.0.1", "10.0.0.2");
        _bench.Refuses("10.0.0.1");
        _bench.Opens("10.0.0.2");

        RaceOutcome outcome = await _race.RunAsync(pools, CancellationToken.None);

        outcome.Winner.Should().BeSameAs(pools[1]);
        outcome.Failures.Should().ContainSingle().Which.Pool.Should().BeSameAs(pools[0]);
    }

    [Fact]
    public async Task AllFail_EachFailureIsTold()
    {
        EndpointPool[] pools = Pools("10.0.0.1", "10.0.0.2");
        Array.ForEach(pools, pool => _bench.Refuses(pool.Address.Address.ToString()));

        RaceOutcome outcome = await _race.RunAsync(pools, CancellationToken.None);

        outcome.Winner.Should().BeNull();
        outcome.Failures.Select(failure => failure.Pool).Should().Equal(pools);
    }

    [Fact]
    public async Task SixSwallow_TheNextIsDialledSooner()
    {
        EndpointPool[] pools = Pools([.. Enumerable.Range(1, 8).Select(number => $"10.0.0.{number}")]);
        Task<RaceOutcome> running = _race.RunAsync(pools, CancellationToken.None);
        await Eventually.Holds(() => AdvanceUntilDialled(6, Delay), "six are dialled");

        await Eventually.Holds(() => AdvanceUntilDialled(7, TimeSpan.FromMilliseconds(100)), "so is the seventh");
        _bench.Opens("10.0.0.7");

        (await running).Winner.Should().BeSameAs(pools[6]);
    }

    [Fact]
    public async Task AllButTheLastOf64Swallow_TheLastIsDialledWithinEightSeconds()
    {
        EndpointPool[] pools = Pools([.. Enumerable.Range(1, 64).Select(number => $"10.0.0.{number}")]);
        DateTimeOffset began = _bench.Clock.GetUtcNow();
        _bench.Opens("10.0.0.64");
        Task<RaceOutcome> running = _race.RunAsync(pools, CancellationToken.None);

        for (int count = 1; count < 64; count++)
        {
            // The clock stands still until the delay before the next dial has begun.
            await Eventually.Holds(() => _bench.Dialled.Count == count && _bench.Clock.ActiveTimers == 1, $"{count} are dialled");
            _bench.Clock.Advance(count < 6 ? Delay : TimeSpan.FromMilliseconds(100));
        }

        (await running).Winner.Should().BeSameAs(pools[63]);
        (_bench.Clock.GetUtcNow() - began).Should().BeLessThan(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Fallbacks_AreDialledRankByRankWhenAllBeforeFailed()
    {
        EndpointPool[] pools = Pools("10.0.0.1", "10.0.0.2", "10.0.0.3");
        _bench.Refuses("10.0.0.1");
        Task<RaceOutcome> running = _race.RunAsync([pools[0]], [[pools[1]], [pools[2]]], CancellationToken.None);
        await _bench.HasDialled("10.0.0.2");
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        _bench.Dialled.Should().Equal("10.0.0.1", "10.0.0.2");

        _bench.Refuses("10.0.0.2");
        _bench.Opens("10.0.0.3");

        RaceOutcome outcome = await running;
        outcome.Winner.Should().BeSameAs(pools[2]);
        outcome.Failures.Select(failure => failure.Pool).Should().Equal(pools[0], pools[1]);
    }

    [Theory]
    [InlineData("fd00::1", "10.0.0.1", true)]
    [InlineData("10.0.0.2", "10.0.0.1", false)]
    public async Task AnotherFamilyWasDialledBefore_IsAContest(string first, string winner, bool isContest)
    {
        _bench.Refuses(first);
        _bench.Opens(winner);

        (await _race.RunAsync(Pools(first, winner), CancellationToken.None)).IsFamilyContest.Should().Be(isContest);
    }

    [Fact]
    public async Task FirstOfItsFamilyWinsAtOnce_IsNoContest()
    {
        _bench.Opens("10.0.0.1");

        (await _race.RunAsync(Pools("10.0.0.1", "fd00::1"), CancellationToken.None)).IsFamilyContest.Should().BeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Cancelled_EndsTheRaceAndTheDialGoesOn(int endpoints)
    {
        EndpointPool[] pools = [.. Pools("10.0.0.1", "10.0.0.2").Take(endpoints)];
        using CancellationTokenSource cancellation = new();
        Task<RaceOutcome> running = _race.RunAsync(pools, cancellation.Token);
        await _bench.HasDialled("10.0.0.1");

        await cancellation.CancelAsync();

        await running.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        _bench.Opens("10.0.0.1");
        await Eventually.Holds(() => pools[0].IsConnected, "other requests may use the dial");
    }

    private EndpointPool[] Pools(params string[] addresses) => [.. addresses.Select(address => _bench.Pool(address))];

    private bool AdvanceUntilDialled(int count, TimeSpan step)
    {
        if (_bench.Dialled.Count < count)
        {
            _bench.Clock.Advance(step);
        }

        return _bench.Dialled.Count >= count;
    }
}
