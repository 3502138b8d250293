using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class PoolReplacementTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly List<Departure> _letGo = [];
    private readonly List<EndpointPool> _recovering = [];
    private readonly EndpointRoster _roster;
    private readonly PoolReplacement _replacement;
    private readonly EndpointPool _pool;

    public PoolReplacementTests()
    {
        _roster = new EndpointRoster(
            _bench.Scope, _bench.Sync, new StrictMembership(9, 1), _bench.Factory, new PoolObserver(), static () => false);
        _replacement = new PoolReplacement(_bench.Scope, _bench.Sync, _roster, departures => _letGo.AddRange(departures), _recovering.Add);
        Names("10.0.0.1");
        _pool = _roster.Pools.Single();
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Begin_ReplacesThePoolOnceTheSuccessorIsConnected()
    {
        Begin();
        await _bench.HasDialled("10.0.0.1");
        Current.Should().BeSameAs(_pool);

        _bench.Opens("10.0.0.1");

        await Eventually.Holds(() => Current != _pool, "the pool is replaced");
        _letGo.Should().Equal(new Departure(_pool, DepartureReason.RequestLimitReached, "enough"));
        Current.IsConnected.Should().BeTrue();
    }

    [Fact]
    public async Task Begin_TwiceForOnePool_DialsOneSuccessor()
    {
        Begin();
        Begin();
        await _bench.HasDialled("10.0.0.1");
        _bench.Opens("10.0.0.1");
        await Eventually.Holds(() => Current != _pool, "the pool is replaced");

        _bench.Dialled.Should().ContainSingle();
    }

    [Fact]
    public async Task Begin_TheSuccessorCannotConnect_ThePoolStaysAndMayBeReplacedLater()
    {
        _bench.Refuses("10.0.0.1");
        Begin();
        await _bench.HasDialled("10.0.0.1");

        await Eventually.Holds(
            () =>
            {
                Begin();
                return _bench.Dialled.Count > 1;
            },
            "another replacement begins");

        Current.Should().BeSameAs(_pool);
        _letGo.Should().BeEmpty();
    }

    [Fact]
    public async Task Begin_ThePoolLeavesMeanwhile_TheSuccessorIsNotOffered()
    {
        Begin();
        await _bench.HasDialled("10.0.0.1");
        Names("10.0.0.2");

        _bench.Opens("10.0.0.1");
        await Eventually.Holds(() => _bench.Clock.ActiveTimers == 0, "the socket of the successor is closed");

        Current.Address.Address.ToString().Should().Be("10.0.0.2");
        _letGo.Should().BeEmpty();
    }

    [Fact]
    public void Begin_NoMembersPool_DoesNothing()
    {
        Names("10.0.0.2");

        Begin();

        _bench.Dialled.Should().BeEmpty();
    }

    [Fact]
    public async Task ReplaceNow_ReplacesThePoolAtOnceAndDialsTheSuccessor()
    {
        _replacement.ReplaceNow(_pool, DepartureReason.PeerSilent, "silent").Should().BeTrue();

        Current.Should().NotBeSameAs(_pool);
        _letGo.Should().Equal(new Departure(_pool, DepartureReason.PeerSilent, "silent"));
        await _bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public async Task ReplaceNow_WhileASuccessorIsDialled_TheLaterOneStays()
    {
        Begin();
        await _bench.HasDialled("10.0.0.1");
        _replacement.ReplaceNow(_pool, DepartureReason.PeerSilent, "silent").Should().BeTrue();
        EndpointPool now = Current;

        _bench.Opens("10.0.0.1");
        await Eventually.Holds(() => now.IsConnected, "the successor is connected");

        Current.Should().BeSameAs(now);
        _letGo.Should().ContainSingle();
    }

    [Fact]
    public void ReplaceNow_NoMembersPool_IsFalse()
    {
        Names("10.0.0.2");

        _replacement.ReplaceNow(_pool, DepartureReason.PeerSilent, "silent").Should().BeFalse();
        _letGo.Should().BeEmpty();
    }

    [Fact]
    public async Task Close_EndsTheDialsAndReplacesNothingAnyMore()
    {
        Begin();
        await _bench.HasDialled("10.0.0.1");

        _bench.Locked(() => _replacement.Close_NeedsLock("closed"));
        _bench.Opens("10.0.0.1");

        _replacement.ReplaceNow(_pool, DepartureReason.PeerSilent, "silent").Should().BeFalse();
        Begin();
        Current.Should().BeSameAs(_pool);
        _letGo.Should().BeEmpty();
        _bench.Dialled.Should().ContainSingle();
    }

    private EndpointPool Current => _bench.Locked(() => _roster.Pools.Single());

    private void Begin() => _replacement.Begin(_pool, DepartureReason.RequestLimitReached, "enough");

    private void Names(string address) => _bench.Locked(
        () => _ = _roster.Apply_NeedsLock([IPAddress.Parse(address)], isComplete: true, AddressFamily.Unspecified, sources: 0));
}
