using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class NameTableTests : IAsyncDisposable
{
    private readonly List<CacheEntry> _evicted = [];
    private readonly List<IAnswerListener> _listeners = [];
    private readonly NameTable _names;
    private readonly NameRefresher _refresher;
    private int _subscriptions;

    public NameTableTests()
    {
        _names = new NameTable(maxEntries: 4)
        {
            SubscriptionsChanged = difference =>
            {
                OrderedLock.IsAnyHeld.Should().BeFalse();
                _subscriptions += difference;
            },
            Evicted = entry =>
            {
                OrderedLock.IsAnyHeld.Should().BeFalse();
                _evicted.Add(entry);
            },
        };
        SteadyClock clock = new(new ManualTimeProvider());
        DnsCacheOptions options = new();
        AnswerPublisher publisher = new(options, clock, new Random(1), NullLogger.Instance);
        _refresher = new NameRefresher(_names, new ScriptedResolver(), publisher, options, clock, NullLogger.Instance);
    }

    public ValueTask DisposeAsync() => _refresher.DisposeAsync();

    [Fact]
    public void Add_SameQuestionTwice_SharesOneEntry()
    {
        CacheEntry one = _names.Add(Subscription("a.test"));
        CacheEntry other = _names.Add(Subscription("a.test"));

        other.Should().BeSameAs(one);
        (_names.Count, _subscriptions).Should().Be((1, 2));
    }

    [Theory]
    [InlineData(90)]
    [InlineData(100)]
    [InlineData(400)]
    public void MoreNamesInUseThanEntries_ANewNameDoesNotSortTheTable(int inUse)
    {
        NameTable names = new(maxEntries: 100);
        for (int i = 0; i < inUse; i++)
        {
            names.Add(Subscription($"used{i}.test"));
        }

        int before = names.Sweeps;
        for (int i = 0; i < 1_000; i++)
        {
            NameSubscription passing = Subscription($"n{i}.test");
            names.Remove(passing, names.Add(passing));
        }

        (names.Sweeps - before).Should().BeLessThanOrEqualTo(110, "a sweep makes room for a tenth of the entries");
        names.Count.Should().BeInRange(Math.Max(inUse, 90), Math.Max(100, inUse + 11));
    }

    [Fact]
    public void Add_OtherKind_IsAnotherEntry()
    {
        CacheEntry addresses = _names.Add(Subscription("a.test"));
        CacheEntry service = _names.Add(Subscription(Question.ForService("A.test")));

        service.Should().NotBeSameAs(addresses);
        service.Question.Name.Should().Be("a.test");
    }

    [Fact]
    public void Remove_Twice_CountsOnce()
    {
        NameSubscription subscription = Subscription("a.test");
        CacheEntry entry = _names.Add(subscription);
        _names.IsInUse(entry).Should().BeTrue();

        _names.Remove(subscription, entry);
        _names.Remove(subscription, entry);

        _names.IsInUse(entry).Should().BeFalse();
        _subscriptions.Should().Be(0);
    }

    [Fact]
    public void IsInUse_ListenerCollected_EndsItsSubscriptionOnce()
    {
        (CacheEntry entry, NameSubscription subscription) = AddAndDrop();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        _names.IsInUse(entry).Should().BeFalse();
        _subscriptions.Should().Be(0);
        subscription.Dispose();
        _subscriptions.Should().Be(0);
    }

    [Fact]
    public void Add_TooMany_TheUnusedOnesLeaveAndThoseInUseStay()
    {
        CacheEntry used = _names.Add(Subscription("used.test"));
        for (int i = 0; i < 20; i++)
        {
            NameSubscription subscription = Subscription($"n{i}.test");
            _names.Remove(subscription, _names.Add(subscription));
        }

        _names.Count.Should().Be(4);
        _names.Entries.Should().Contain(used);
        _evicted.Should().HaveCount(17).And.OnlyContain(entry => entry.IsEvicted).And.OnlyHaveUniqueItems();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (CacheEntry Entry, NameSubscription Subscription) AddAndDrop()
    {
        NameSubscription subscription = new(Question.ForAddresses("a.test", AddressFamily.Unspecified), new Listener(), _names, _refresher);
        return (_names.Add(subscription), subscription);
    }

    private NameSubscription Subscription(string host) => Subscription(Question.ForAddresses(host, AddressFamily.Unspecified));

    private NameSubscription Subscription(Question question)
    {
        Listener listener = new();
        _listeners.Add(listener);
        return new NameSubscription(question, listener, _names, _refresher);
    }

    private sealed class Listener : IAnswerListener
    {
        public void OnAnswer(CachedAnswer answer)
        {
        }
    }
}
