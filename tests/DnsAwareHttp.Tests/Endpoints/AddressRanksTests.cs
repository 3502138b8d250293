using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Endpoints;

/// <summary>What the application says of the priorities of addresses, and when it is asked.</summary>
public sealed class AddressRanksTests : IDisposable
{
    private static readonly IPAddress One = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Two = IPAddress.Parse("10.0.0.2");

    private readonly EndpointBench _bench = new();
    private readonly Zone _zone = new();
    private readonly List<IPAddress> _members = [];
    private readonly AddressRanks _ranks;
    private int _changes;

    public AddressRanksTests() => _ranks = new AddressRanks(_bench.Scope, _zone, () => _members, () => Interlocked.Increment(ref _changes));

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void EachAddressOfAnAnswer_AndEachMember_IsAsked()
    {
        _members.Add(Two);
        _zone.Says(address => address.Equals(One) ? 0 : 3);

        _ranks.Ask([One]).Should().Equal(One);

        (_ranks.Of(One), _ranks.Of(Two), _ranks.Of(IPAddress.Loopback)).Should().Be((0, 3, 0));
        _zone.AskedFor.Should().BeEquivalentTo([(One, "svc.test", 80), (Two, "svc.test", 80)]);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(int.MinValue, 0)]
    [InlineData(65_535, 65_535)]
    [InlineData(int.MaxValue, 65_535)]
    public void OutOfRange_TheNearestCounts(int given, int counts)
    {
        _zone.Says(_ => given);

        _ranks.Ask([One]);

        _ranks.Of(One).Should().Be(counts);
    }

    [Fact]
    public void ItThrows_EachKeepsItsPriority_AndTheLogTellsOnce()
    {
        _zone.Says(_ => 2);
        _ranks.Ask([One]);
        _members.Add(One);
        _zone.Says(_ => throw new InvalidOperationException("no idea"));

        _ranks.Ask([Two]);
        _ranks.Ask([Two]);

        (_ranks.Of(One), _ranks.Of(Two)).Should().Be((2, 0));
        _bench.Log.Events.Count(name => name == "AddressPrioritiesThrew").Should().Be(1);
    }

    [Fact]
    public async Task NotifiedUnderALockOfTheApplication_AllAreAskedElsewhere_AndOnlyAChangeIsTold()
    {
        _members.AddRange([One, Two]);
        _ranks.Ask([]);
        _zone.Says(address => address.Equals(One) ? 0 : 1);

        lock (_zone)
        {
            _zone.Tell();
        }

        await Eventually.Holds(() => Volatile.Read(ref _changes) == 1, "the change is told");
        int asked = _zone.AskedFor.Count;
        _zone.Tell();
        await Eventually.Holds(() => _zone.AskedFor.Count == asked + 2, "all are asked again");
        _ranks.Of(Two).Should().Be(1);
        Volatile.Read(ref _changes).Should().Be(1, "nothing is new");
    }

    [Fact]
    public void AChangeWhileItIsAsked_ItIsAskedAgain()
    {
        bool isChanged = false;
        _zone.Says(_ =>
        {
            if (!isChanged)
            {
                isChanged = true;
                _zone.Tell();
                return 1;
            }

            return 2;
        });

        _ranks.Ask([One]);

        _ranks.Of(One).Should().Be(2);
    }

    [Fact]
    public void Ended_ItHearsNothing_AndWithoutPrioritiesAllAreAlike()
    {
        _ranks.End();
        _zone.Tell();
        _zone.AskedFor.Should().BeEmpty();

        AddressRanks none = new(_bench.Scope, priorities: null, () => _members, () => { });
        none.Ask([One]).Should().Equal(One);
        (none.Differ, none.Of(One), _ranks.Differ).Should().Be((false, 0, true));
    }

    private sealed class Zone : AddressPriorities
    {
        private volatile Func<IPAddress, int> _answer = static _ => 0;

        public ConcurrentQueue<(IPAddress, string, int)> AskedFor { get; } = new();

        public void Says(Func<IPAddress, int> answer) => _answer = answer;

        public void Tell() => NotifyChanged();

        public override int PriorityOf(IPAddress address, string host, int port)
        {
            OrderedLock.AssertNoneHeld();
            AskedFor.Enqueue((address, host, port));
            return _answer(address);
        }
    }
}
