using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class EndpointRosterTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private bool _othersAreWarm;
    private int _priority;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void New_HasNoMembers()
    {
        EndpointRoster roster = Strict();

        roster.HasMembers.Should().BeFalse();
        roster.Placements.Should().BeEmpty();
        _bench.Locked(roster.ReleaseAbsent_NeedsLock).Should().BeEmpty();
    }

    [Fact]
    public void Apply_MakesAPoolForEachNewMemberAndKeepsTheOthers()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1").Should().BeEmpty();
        EndpointPool first = roster.Pools.Single();

        Apply(roster, "10.0.0.1", "10.0.0.2").Should().BeEmpty();

        roster.HasMembers.Should().BeTrue();
        roster.Pools.Should().HaveCount(2).And.Contain(first);
        _bench.Log.Events.Should().Equal("EndpointJoined", "EndpointJoined");
    }

    [Fact]
    public void Apply_ManyNewMembers_IsOneLine()
    {
        Apply(Strict(), [.. Enumerable.Range(1, 50).Select(index => $"10.0.0.{index}")]);

        _bench.Log.TextsOf("EndpointJoined").Should().ContainSingle().Which.Should().EndWith(" and 6 more joined. Addresses in use: 9.");
    }

    [Fact]
    public void Apply_AMemberLeaves_ItsPoolIsToldAndAddressThatReturnsGetsANewOne()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        EndpointPool left = PoolOf(roster, "10.0.0.1");

        Departure departure = Apply(roster, "10.0.0.2").Should().ContainSingle().Subject;
        departure.Pool.Should().BeSameAs(left);
        departure.Reason.Should().Be(DepartureReason.LeftDns);
        Has(roster, left).Should().BeFalse();
        Apply(roster, "10.0.0.1", "10.0.0.2");

        PoolOf(roster, "10.0.0.1").Should().NotBeSameAs(left);
        Has(roster, left).Should().BeFalse("another pool of its address is a member's");
    }

    [Fact]
    public void Apply_TheSourcesChanged_TheHistoryOfTheAnswersEnds()
    {
        EndpointRoster roster = Roster(new AdaptiveMembership(9, 1, TimeSpan.FromDays(1)));
        for (int answer = 0; answer < 20; answer++)
        {
            Apply(roster, isComplete: false, sources: 0, $"10.0.0.{answer % 2}");
        }

        roster.Pools.Should().HaveCount(2, "the answers rotate");
        Apply(roster, isComplete: false, sources: 1, "10.0.0.7").Should().HaveCount(2);
        Apply(roster, isComplete: false, sources: 1, "10.0.0.8").Should().ContainSingle("nothing is known of the new sources yet");
    }

    [Fact]
    public void Apply_OrdersRoutableAddressesFirst()
    {
        _bench.Sources.Otherwise = static address => address.ToString() == "10.0.0.1" ? null : address;
        EndpointRoster roster = Strict();

        Apply(roster, "10.0.0.1", "10.0.0.2");

        roster.Placements.Select(placement => (placement.Pool.Address.Address.ToString(), placement.HasRoute))
            .Should().Equal(("10.0.0.2", true), ("10.0.0.1", false));
    }

    [Fact]
    public void Order_TheOtherFamilyWon_ItBegins()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "fd00::1");

        _bench.Locked(() => roster.Order_NeedsLock(AddressFamily.InterNetwork));
        roster.Pools[0].Family.Should().Be(AddressFamily.InterNetwork);
        _bench.Locked(() => roster.Order_NeedsLock(AddressFamily.InterNetworkV6));

        roster.Pools[0].Family.Should().Be(AddressFamily.InterNetworkV6);
    }

    [Theory]
    [InlineData(false, 1f)]
    [InlineData(true, 0.1f)]
    public void Apply_OthersOfTheOriginAreWarm_NewMembersStartSlowly(bool areWarm, float share)
    {
        _othersAreWarm = areWarm;
        EndpointRoster roster = Strict();

        Apply(roster, "10.0.0.1");

        roster.Pools.Single().Share.Should().Be(share);
    }

    [Fact]
    public void Apply_AMemberIsWarm_NewMembersStartSlowly()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1");
        _bench.Connect(roster.Pools.Single());

        Apply(roster, "10.0.0.1", "10.0.0.2");

        PoolOf(roster, "10.0.0.1").Share.Should().Be(1);
        PoolOf(roster, "10.0.0.2").Share.Should().Be(0.1f);
    }

    [Fact]
    public async Task Apply_AnAbsentMemberMayNotConnect_UntilItIsNamedAgain()
    {
        _bench.Opens("10.0.0.1");
        EndpointRoster roster = Roster(new LogicalMembership(9));
        Apply(roster, "10.0.0.1");
        Apply(roster, "10.0.0.2");
        EndpointPool absent = PoolOf(roster, "10.0.0.1");

        (await absent.DialAheadAsync()).Should().BeOfType<SocketException>();
        Apply(roster, "10.0.0.1");

        (await absent.DialAheadAsync()).Should().BeNull();
    }

    [Fact]
    public void ReleaseAbsent_AnAbsentMemberHasASignOfDeparture_LetsItGo()
    {
        EndpointRoster roster = Roster(new LogicalMembership(9));
        Apply(roster, "10.0.0.1");
        EndpointPool absent = roster.Pools.Single();
        _bench.Connect(absent);
        Apply(roster, "10.0.0.2");
        _bench.Locked(roster.ReleaseAbsent_NeedsLock).Should().BeEmpty("it has a connection");
        EndpointBench.Disconnect(absent);

        Departure departure = _bench.Locked(roster.ReleaseAbsent_NeedsLock).Should().ContainSingle().Subject;

        departure.AbsentSince.Should().Be(_bench.Scope.Clock.Now, "the answer that lacks it came in this instant");
        (departure with { AbsentSince = null }).Should().Be(new Departure(absent, DepartureReason.AbsentIdle, "absent and without connections"));
        roster.Pools.Should().ContainSingle().Which.Address.Address.ToString().Should().Be("10.0.0.2");
    }

    [Fact]
    public void ReleaseAbsent_APresentMemberFails_KeepsIt()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        PoolOf(roster, "10.0.0.1").OnFailed(new HttpRequestException(HttpRequestError.SecureConnectionError, "test"));

        _bench.Locked(roster.ReleaseAbsent_NeedsLock).Should().BeEmpty();
    }

    [Fact]
    public void Clear_LetsAllGoForTheReason()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");

        ImmutableArray<Departure> leaving = _bench.Locked(() => roster.Clear_NeedsLock(DepartureReason.NameEmpty, "NXDOMAIN"));

        leaving.Should().HaveCount(2).And.OnlyContain(departure => departure.Reason == DepartureReason.NameEmpty && departure.Detail == "NXDOMAIN");
        roster.HasMembers.Should().BeFalse();
        roster.Placements.Should().BeEmpty();
    }

    [Fact]
    public void Replace_PutsTheSuccessorInThePlaceOfThePool()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        EndpointPool pool = PoolOf(roster, "10.0.0.1");
        string[] order = [.. roster.Pools.Select(member => member.Address.ToString())];
        EndpointPool successor = _bench.Locked(() => roster.MakeSuccessor_NeedsLock(pool, wasSilent: true))!;

        _bench.Locked(() => roster.Replace_NeedsLock(pool, successor));

        PoolOf(roster, "10.0.0.1").Should().BeSameAs(successor);
        roster.Pools.Select(member => member.Address.ToString()).Should().Equal(order);
        Has(roster, pool).Should().BeFalse();
        Has(roster, successor).Should().BeTrue();
    }

    [Fact]
    public void MakeSuccessor_ThePoolIsNoMembersAnyMore_IsNull()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        EndpointPool left = PoolOf(roster, "10.0.0.1");
        Apply(roster, "10.0.0.2");

        _bench.Locked(() => roster.MakeSuccessor_NeedsLock(left, wasSilent: false)).Should().BeNull();
    }

    [Fact]
    public void TheSameAnswer_IsUnchanged_AndAsksForNoRoute()
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        roster.IsUnchanged.Should().BeFalse();
        ImmutableArray<EndpointPlacement> before = roster.Placements;
        _bench.Sources.Otherwise = static _ => throw new InvalidOperationException("no route is asked for");

        Apply(roster, "10.0.0.2", "10.0.0.1").Should().BeEmpty();

        roster.IsUnchanged.Should().BeTrue();
        roster.Placements.Should().Equal(before);
    }

    [Fact]
    public void TheSameAnswer_CountsForThePolicy()
    {
        RecordingMembership policy = new();
        EndpointRoster roster = Roster(policy);

        for (int answer = 0; answer < 3; answer++)
        {
            Apply(roster, isComplete: false, sources: 0, "10.0.0.1");
            _bench.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        policy.Decided.Should().HaveCount(3).And.OnlyHaveUniqueItems();
        policy.LastSeen.Should().Be(policy.Decided[^1], "the member was seen with the latest answer");
    }

    [Theory]
    [InlineData("a member joins")]
    [InlineData("a member leaves")]
    [InlineData("other sources")]
    [InlineData("421")]
    [InlineData("it cannot be connected to")]
    [InlineData("the order is old")]
    [InlineData("another priority")]
    public void TheSameAnswer_SomethingElseIsNew_IsNotUnchanged(string what)
    {
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        Apply(roster, "10.0.0.1", "10.0.0.2");
        roster.IsUnchanged.Should().BeTrue();
        EndpointPool pool = PoolOf(roster, "10.0.0.1");
        string[] answer = what switch
        {
            "a member joins" => ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
            "a member leaves" => ["10.0.0.2"],
            _ => ["10.0.0.1", "10.0.0.2"],
        };
        switch (what)
        {
            case "421":
                pool.OnMisdirected();
                break;
            case "it cannot be connected to":
                pool.OnConnectTimedOut(ConnectPhase.Dial);
                break;
            case "another priority":
                _priority = 1;
                break;
            case "the order is old":
                _bench.Clock.Advance(EndpointRoster.MaxAgeOfOrder);
                break;
        }

        Apply(roster, isComplete: true, sources: what == "other sources" ? 1 : 0, answer);

        roster.IsUnchanged.Should().BeFalse();
        pool.Health.IsMisdirected.Should().BeFalse();
    }

    [Fact]
    public void TheSameAnswer_AnAddressHadNoRoute_ItsRouteIsAskedForAgain()
    {
        _bench.Sources.Otherwise = static address => address.ToString() == "10.0.0.1" ? null : address;
        EndpointRoster roster = Strict();
        Apply(roster, "10.0.0.1", "10.0.0.2");
        _bench.Sources.Otherwise = static address => address;

        Apply(roster, "10.0.0.1", "10.0.0.2");

        roster.Placements.Should().OnlyContain(placement => placement.HasRoute);
    }

    [Fact]
    public void TheSameAnswer_AMemberLingers_IsNotUnchanged()
    {
        EndpointRoster roster = Roster(new LogicalMembership(9));
        Apply(roster, "10.0.0.1");
        Apply(roster, "10.0.0.2");

        Apply(roster, "10.0.0.2");
        roster.IsUnchanged.Should().BeFalse();
        Apply(roster, "10.0.0.1");

        roster.IsUnchanged.Should().BeFalse("it was absent");
    }

    [Fact]
    public void TheSameAnswer_TheSignsOfDepartureAreForgotten()
    {
        EndpointRoster roster = Roster(new LogicalMembership(9));
        Apply(roster, "10.0.0.1");
        EndpointPool pool = roster.Pools.Single();
        pool.Streams.WasEndedByPeer = true;

        Apply(roster, "10.0.0.1");

        roster.IsUnchanged.Should().BeTrue();
        pool.Streams.WasEndedByPeer.Should().BeFalse();
    }

    private sealed class RecordingMembership : IMembershipPolicy
    {
        private readonly StrictMembership _policy = new(9, 1);

        public List<DateTimeOffset> Decided { get; } = [];

        public DateTimeOffset LastSeen { get; private set; }

        public Members Decide(Members current, ImmutableArray<IPAddress> answer, bool isComplete, DateTimeOffset now)
        {
            Decided.Add(now);
            Members next = _policy.Decide(current, answer, isComplete, now);
            LastSeen = next.All[0].LastSeen;
            return next;
        }
    }

    private static EndpointPool PoolOf(EndpointRoster roster, string address) =>
        roster.Pools.Single(pool => pool.Address.Address.ToString() == address);

    private EndpointRoster Strict() => Roster(new StrictMembership(9, 1));

    private EndpointRoster Roster(IMembershipPolicy policy) =>
        new(_bench.Scope, _bench.Sync, policy, _bench.Factory, new PoolObserver(), () => _othersAreWarm, _ => _priority);

    private bool Has(EndpointRoster roster, EndpointPool pool) => _bench.Locked(() => roster.Has_NeedsLock(pool));

    private ImmutableArray<Departure> Apply(EndpointRoster roster, params string[] addresses) =>
        Apply(roster, isComplete: true, sources: 0, addresses);

    private ImmutableArray<Departure> Apply(EndpointRoster roster, bool isComplete, int sources, params string[] addresses) => _bench.Locked(
        () => roster.Apply_NeedsLock([.. addresses.Select(IPAddress.Parse)], isComplete, AddressFamily.Unspecified, sources));
}
