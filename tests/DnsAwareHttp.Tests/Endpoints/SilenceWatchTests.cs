using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class SilenceWatchTests : IDisposable
{
    private readonly EndpointBench _bench = new(tls: true);
    private readonly List<EndpointPool> _recovering = [];
    private readonly EndpointRoster _roster;
    private readonly SilenceWatch _watch;
    private readonly List<Departure> _letGo = [];
    private int _hints;

    public SilenceWatchTests()
    {
        _roster = new EndpointRoster(
            _bench.Scope, _bench.Sync, new StrictMembership(9, 1), _bench.Factory, new PoolObserver(), static () => false);
        PoolReplacement replacement = new(_bench.Scope, _bench.Sync, _roster, departures => _letGo.AddRange(departures), _recovering.Add);
        _watch = new SilenceWatch(_bench.Scope, replacement, () => _hints++);
    }

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Sample_NothingWaitsOrThePeerAcknowledges_ChangesNothing(bool isSilent, bool waits)
    {
        EndpointSet set = Names("10.0.0.1");
        _bench.Connect(set.Preferred[0]);
        _bench.PeersAreSilent = isSilent;
        if (waits)
        {
            set.Preferred[0].TryEnter(out _);
        }

        _watch.Sample(set, set);
        _watch.Sample(set, set);

        _letGo.Should().BeEmpty();
        _bench.Dialled.Should().BeEmpty();
        _hints.Should().Be(0);
    }

    [Fact]
    public async Task Sample_SilentAndAnotherIsConnected_IsReplacedAtOnceLoggedAndHinted()
    {
        EndpointSet set = Names("10.0.0.1");
        EndpointPool silent = Silent(set);
        using EndpointBench others = new();
        EndpointSet whole = EndpointSet.Of(
            [.. set.Placements, new EndpointPlacement(others.Connected("10.0.0.9"))], LoadBalancingPolicy.RoundRobin, new Random(1), null)!;

        _watch.Sample(set, whole);

        _letGo.Should().ContainSingle().Which.Should().Match<Departure>(
            departure => departure.Pool == silent && departure.Reason == DepartureReason.PeerSilent);
        _hints.Should().Be(1);
        _bench.Log.Events.Should().Contain("EndpointSilent");
        await _bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public async Task Sample_SilentAndNoOtherIsConnected_IsKeptUntilASuccessorIs()
    {
        EndpointSet set = Names("10.0.0.1", "10.0.0.2");
        EndpointPool silent = Silent(set);
        string silentAddress = silent.Address.Address.ToString();
        string otherAddress = set.Preferred[1].Address.Address.ToString();

        _watch.Sample(set, set);
        await _bench.HasDialled(otherAddress);
        await _bench.HasDialled(silentAddress);
        _letGo.Should().BeEmpty();
        _hints.Should().Be(0);

        _bench.Opens(silentAddress);
        await Eventually.Holds(() => _bench.Locked(() => _letGo.Count == 1), "the silent pool is replaced");
        _letGo.Single().Pool.Should().BeSameAs(silent);
    }

    [Fact]
    public async Task Sample_NoByteInAnswerToTheHandshakeAndAnotherIsConnected_ASuccessorThatFailsTakesItsPlace()
    {
        EndpointSet set = Names("10.0.0.1", "10.0.0.2");
        (EndpointPool hung, TrackedStream handshake) = await HungAsync(set);
        _bench.Connect(set.Preferred[1]);

        SampleFor(TimeSpan.FromSeconds(0.9), set);
        _letGo.Should().BeEmpty("it may be busy");
        SampleFor(TimeSpan.FromSeconds(0.3), set);

        _letGo.Should().ContainSingle().Which.Should().Match<Departure>(
            departure => departure.Pool == hung && departure.Reason == DepartureReason.PeerSilent);
        _recovering.Should().ContainSingle().Which.Health.Should().BeEquivalentTo(new { State = EndpointState.Failing, NeedsAnswer = true });
        _hints.Should().Be(1);
        handshake.Invoking(stream => stream.Read(new byte[1].AsSpan())).Should().Throw<IOException>("requests that wait for it go elsewhere");
    }

    [Fact]
    public async Task Sample_NoByteInAnswerToTheHandshakeAndNoOtherIsConnected_TheOthersAreDialled()
    {
        EndpointSet set = Names("10.0.0.1", "10.0.0.2");
        _ = await HungAsync(set);

        SampleFor(TimeSpan.FromSeconds(2), set);

        await _bench.HasDialled(set.Preferred[1].Address.Address.ToString());
        _letGo.Should().BeEmpty("the server may be slow, and there is no other yet");
    }

    [Fact]
    public async Task Sample_NoByteInAnswerToTheHandshakeAndAllOthersFail_WaitsAsTheCallerDoes()
    {
        EndpointSet set = Names("10.0.0.1", "10.0.0.2");
        _ = await HungAsync(set);
        _bench.Connect(set.Preferred[1]);
        set.Preferred[1].OnConnectTimedOut(ConnectPhase.Handshake);

        SampleFor(TimeSpan.FromSeconds(9), set);

        _letGo.Should().BeEmpty();
    }

    [Fact]
    public async Task SilentPeer_ThatStaysSilent_LosesItsConnectionsAfterHalfAMinute()
    {
        EndpointSet set = Names("10.0.0.1");
        EndpointPool silent = Silent(set);
        _watch.Sample(set, set);

        for (int second = 0; second < 30; second++)
        {
            silent.OpenConnections.Should().Be(1);
            _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.Holds(
            () =>
            {
                _bench.Clock.Advance(TimeSpan.FromSeconds(1));
                return silent.OpenConnections == 0;
            },
            "requests on it end");
    }

    private async Task<(EndpointPool Pool, TrackedStream Handshake)> HungAsync(EndpointSet set)
    {
        EndpointPool pool = set.Preferred[0];
        TrackedStream stream = _bench.Connect(pool);
        await stream.WriteAsync(new byte[1]);
        pool.TryEnter(out _);
        return (pool, stream);
    }

    private void SampleFor(TimeSpan time, EndpointSet set)
    {
        _watch.Sample(set, set);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(100))
        {
            _bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
            _watch.Sample(set, set);
        }
    }

    private EndpointPool Silent(EndpointSet set)
    {
        EndpointPool pool = set.Preferred[0];
        _bench.Connect(pool);
        _bench.PeersAreSilent = true;
        pool.TryEnter(out _);
        pool.SampleForSilence().Should().Be(PeerSilence.None, "an answer may have come until now");
        return pool;
    }

    private EndpointSet Names(params string[] addresses) => _bench.Locked(() =>
    {
        _ = _roster.Apply_NeedsLock([.. addresses.Select(IPAddress.Parse)], isComplete: true, AddressFamily.Unspecified, sources: 0);
        return EndpointSet.Of(_roster.Placements, LoadBalancingPolicy.RoundRobin, new Random(1), null)!;
    });
}
