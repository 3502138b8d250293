using System.Collections.Immutable;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class DepartureHoldTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly List<ImmutableArray<EndpointPool>> _released = [];
    private readonly List<object> _kept = []; // Timers hold their owner weakly.
    private readonly EndpointPool _leaving;
    private readonly EndpointPool _staying;
    private ImmutableArray<EndpointPool> _replacements;

    public DepartureHoldTests()
    {
        _leaving = _bench.Connected("10.0.0.1");
        _staying = _bench.Pool("10.0.0.2");
        _replacements = [_staying];
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Add_Nothing_HoldsNothingAndSetsNoTimer()
    {
        DepartureHold<EndpointPool> hold = Hold();

        Add(hold).Should().BeEmpty();

        hold.Held.Should().BeEmpty();
        _bench.Clock.ActiveTimers.Should().Be(0);
        _bench.Dialled.Should().BeEmpty();
    }

    [Fact]
    public void Add_AReplacementIsConnected_LetsThemGoAtOnce()
    {
        _replacements = [_staying, _bench.Connected("10.0.0.3")];
        DepartureHold<EndpointPool> hold = Hold();

        Add(hold, _leaving).Should().Equal(_leaving);

        hold.Held.Should().BeEmpty();
        _bench.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Add_ThoseThatLeaveHaveNoConnection_LetsThemGoAtOnce()
    {
        EndpointBench.Disconnect(_leaving);

        Add(Hold(), _leaving).Should().Equal(_leaving);
    }

    [Fact]
    public void Add_NoReplacementAtAll_LetsThemGoAtOnce()
    {
        _replacements = [];

        Add(Hold(), _leaving).Should().Equal(_leaving);
    }

    [Fact]
    public async Task Add_TheReplacementIsNotConnected_HoldsThemUntilItIs()
    {
        DepartureHold<EndpointPool> hold = Hold();

        Add(hold, _leaving).Should().BeEmpty();
        hold.Held.Should().Equal(_leaving);
        await _bench.HasDialled("10.0.0.2");
        _released.Should().BeEmpty();
        _bench.Opens("10.0.0.2");

        await Eventually.Holds(() => _released.Count == 1, "they are released");
        _released.Single().Should().Equal(_leaving);
        hold.Held.Should().BeEmpty();
    }

    [Fact]
    public void Held_TheTimeIsUp_LetsThemGoOnce()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);

        _bench.Clock.Advance(DepartureHold<EndpointPool>.MaxHold - TimeSpan.FromTicks(1));
        _released.Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromTicks(1));

        _released.Should().ContainSingle().Which.Should().Equal(_leaving);
        _bench.Clock.ActiveTimers.Should().Be(0);
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        _released.Should().ContainSingle();
    }

    [Fact]
    public async Task Held_TheReplacementRefuses_StaysUntilTheTimeIsUp()
    {
        _bench.Refuses("10.0.0.2");
        Add(Hold(), _leaving);
        await Eventually.Holds(() => _staying.Health.State is EndpointState.Failing, "the replacement fails");

        _released.Should().BeEmpty();
        _bench.Clock.Advance(DepartureHold<EndpointPool>.MaxHold);

        _released.Should().ContainSingle();
    }

    [Fact]
    public void Check_NothingIsHeld_ReleasesNothing()
    {
        DepartureHold<EndpointPool> hold = Hold();

        _bench.Locked(hold.Check_NeedsLock);

        _released.Should().BeEmpty();
        _bench.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Check_ThoseThatLeaveLostTheirConnections_ReleasesThem()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);
        EndpointBench.Disconnect(_leaving);

        _bench.Locked(hold.Check_NeedsLock);

        _released.Should().ContainSingle();
    }

    [Fact]
    public void Check_TheReplacementsLeft_ReleasesThem()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);
        _replacements = [];

        _bench.Locked(hold.Check_NeedsLock);

        _released.Should().ContainSingle();
    }

    [Fact]
    public async Task Check_AReplacementCameLater_IsDialledAndEachOneOnlyOnce()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);
        await _bench.HasDialled("10.0.0.2");
        _replacements = [_staying, _bench.Pool("10.0.0.3")];

        _bench.Locked(hold.Check_NeedsLock);
        await _bench.HasDialled("10.0.0.3");

        _bench.Dialled.Should().Equal("10.0.0.2", "10.0.0.3");
        _bench.Opens("10.0.0.3");
        await Eventually.Holds(() => _released.Count == 1, "they are released");
    }

    [Fact]
    public async Task Add_ManyReplacements_DialsSixOfThem()
    {
        _replacements = [.. Enumerable.Range(1, 9).Select(number => _bench.Pool($"10.0.1.{number}"))];

        Add(Hold(), _leaving);

        await Eventually.Holds(() => _bench.Dialled.Count == 6, "six are dialled");
        _bench.Dialled.Order().Should().Equal(Enumerable.Range(1, 6).Select(number => $"10.0.1.{number}"));
    }

    [Fact]
    public void Add_OthersAreHeld_TheTimeOfTheFirstCounts()
    {
        DepartureHold<EndpointPool> hold = Hold();
        EndpointPool other = _bench.Connected("10.0.0.4");
        Add(hold, _leaving);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1.5));

        Add(hold, other).Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.5));

        _released.Should().ContainSingle().Which.Should().Equal(_leaving, other);
    }

    [Fact]
    public void Add_OthersAreHeldAndMayGoNow_ReturnsAllOfThem()
    {
        DepartureHold<EndpointPool> hold = Hold();
        EndpointPool other = _bench.Connected("10.0.0.4");
        Add(hold, _leaving);
        _bench.Connect(_staying);

        Add(hold, other).Should().Equal(_leaving, other);
        _released.Should().BeEmpty("the caller lets them go");
    }

    [Fact]
    public void Replace_SomeReturned_HoldsOnlyThoseThatLeaveNow()
    {
        DepartureHold<EndpointPool> hold = Hold();
        EndpointPool returns = _bench.Connected("10.0.0.4");
        EndpointPool joins = _bench.Connected("10.0.0.5");
        Add(hold, _leaving, returns);

        _bench.Locked(() => hold.Replace_NeedsLock([_leaving, joins])).Should().BeEmpty();

        hold.Held.Should().Equal(_leaving, joins);
    }

    [Fact]
    public void Replace_AllReturned_EndsTheHold()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);

        _bench.Locked(() => hold.Replace_NeedsLock([])).Should().BeEmpty();

        hold.Held.Should().BeEmpty();
        _bench.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void End_ReturnsThoseThatWereHeldAndStopsTheTimer()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);

        _bench.Locked(hold.End_NeedsLock).Should().Equal(_leaving);

        _bench.Clock.ActiveTimers.Should().Be(0);
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        _released.Should().BeEmpty();
    }

    [Fact]
    public async Task End_WhileAReplacementIsDialled_ItsConnectionReleasesNothing()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);
        await _bench.HasDialled("10.0.0.2");
        _bench.Locked(hold.End_NeedsLock).Should().Equal(_leaving);

        _bench.Opens("10.0.0.2");
        await Eventually.Holds(() => _staying.Health.State is EndpointState.Ready, "the replacement is connected");

        _bench.Locked(hold.Check_NeedsLock);
        _released.Should().BeEmpty("the caller let them go");
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        _released.Should().BeEmpty();
    }

    [Fact]
    public async Task End_AtTheSameTimeAsTheReplacementConnects_EachIsReleasedOnce()
    {
        using Barrier together = new(2);
        for (int i = 0; i < 500; i++)
        {
            string address = $"10.1.{i / 250}.{i % 250}";
            EndpointPool leaver = _bench.Connected($"10.2.{i / 250}.{i % 250}");
            _replacements = [_bench.Pool(address)];
            DepartureHold<EndpointPool> hold = Hold();
            Add(hold, leaver).Should().BeEmpty();
            await _bench.HasDialled(address);

            Task connecting = Task.Run(() =>
            {
                together.SignalAndWait();
                _bench.Opens(address);
            });
            together.SignalAndWait();
            ImmutableArray<EndpointPool> ended = _bench.Locked(hold.End_NeedsLock);
            await connecting;
            await Eventually.Holds(() => _replacements[0].Health.State is EndpointState.Ready, "the replacement is connected");

            _bench.Locked(() => (int)(ended.Length + _released.Count)).Should().Be(1);
            _released.Clear();
        }
    }

    [Fact]
    public void Add_AfterAHoldEnded_TheTimeBeginsAgain()
    {
        DepartureHold<EndpointPool> hold = Hold();
        Add(hold, _leaving);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1.5));
        _bench.Locked(hold.End_NeedsLock);

        Add(hold, _leaving).Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(1.9));
        _released.Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        _released.Should().ContainSingle();
    }

    [Fact]
    public void NoReplacementYet_HoldsForItsOwnTime()
    {
        _replacements = [];
        DepartureHold<EndpointPool> hold = Hold(withoutReplacement: 10);

        Add(hold, _leaving).Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(9.9));
        _released.Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        _released.Should().ContainSingle();
    }

    [Fact]
    public void ReplacementAppearsLater_HasItsFullTimeToConnect()
    {
        _replacements = [];
        DepartureHold<EndpointPool> hold = Hold(withoutReplacement: 10);
        Add(hold, _leaving);
        _bench.Clock.Advance(TimeSpan.FromSeconds(9));
        _replacements = [_staying];
        _bench.Locked(hold.Check_NeedsLock);

        _bench.Clock.Advance(TimeSpan.FromSeconds(1.9));
        _released.Should().BeEmpty();
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        _released.Should().ContainSingle();
    }

    [Fact]
    public void ReplacementAppearsAndLeavesAgain_TheTimerDoesNotFireWithoutAPause()
    {
        int checks = 0;
        _replacements = [];
        DepartureHold<EndpointPool> hold = Hold(withoutReplacement: 10, onAsked: () => checks++);
        Add(hold, _leaving);
        _replacements = [_staying];
        _bench.Locked(hold.Check_NeedsLock);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        _replacements = [];
        _bench.Locked(hold.Check_NeedsLock);
        checks = 0;

        _bench.Clock.Advance(TimeSpan.FromSeconds(8.9));
        _released.Should().BeEmpty();
        checks.Should().Be(0);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        _released.Should().ContainSingle();
    }

    private DepartureHold<EndpointPool> Hold(double withoutReplacement = 0, Action? onAsked = null)
    {
        DepartureHold<EndpointPool> hold = Make(withoutReplacement, onAsked);
        _kept.Add(hold);
        return hold;
    }

    private DepartureHold<EndpointPool> Make(double withoutReplacement, Action? onAsked) => new(
        _bench.Scope,
        _bench.Sync,
        () =>
        {
            onAsked?.Invoke();
            return _replacements;
        },
        static pool => pool.IsConnected,
        _released.Add)
    {
        MaxHoldWithoutReplacement = TimeSpan.FromSeconds(withoutReplacement),
    };

    private ImmutableArray<EndpointPool> Add(DepartureHold<EndpointPool> hold, params EndpointPool[] leaving) =>
        _bench.Locked(() => hold.Add_NeedsLock([.. leaving]));
}
