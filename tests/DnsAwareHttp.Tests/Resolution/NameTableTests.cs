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
    public void MoreNamesInUseThanEntries_ANewNameDoesNotSearchTheTable(int inUse)
    {
        NameTable names = new(maxEntries: 100);
        for (int i = 0; i < inUse; i++)
        {
            names.Add(Subscription($"used{i}.test"));
        }

        int before = names.Searches;
        for (int i = 0; i < 1_000; i++)
        {
            NameSubscription passing = Subscription($"n{i}.test");
            names.Remove(passing, names.Add(passing));
        }

        (names.Searches - before).Should().BeLessThanOrEqualTo(110, "a search makes room for a tenth of the entries");
        names.Count.Should().BeInRange(Math.Max(inUse, 90), Math.Max(101, inUse + (inUse / 10) + 1));
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

    [Theory]
    [InlineData(900)]
    [InlineData(8_000)]
    public void Add_NamesInUseFillTheTable_ANewNameCostsNoLookAtAllOthers(int inUse)
    {
        NameTable names = new(maxEntries: 100);
        for (int i = 0; i < inUse; i++)
        {
            names.Add(Subscription($"used{i}.test"));
        }

        NameSubscription[] passing = [.. Enumerable.Range(0, inUse).Select(i => Subscription($"n{i}.test"))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (NameSubscription subscription in passing)
        {
            names.Remove(subscription, names.Add(subscription));
        }

        ((GC.GetAllocatedBytesForCurrentThread() - before) / inUse).Should().BeLessThan(2_000, "an entry has 500 bytes");
        names.Count.Should().BeInRange(inUse, inUse + (inUse / 5));
    }

    [Fact]
    public void Add_NamesFellOutOfUseInATableThatWasFullOfThem_TheyLeave()
    {
        (NameSubscription Subscription, CacheEntry Entry)[] used =
            [.. Enumerable.Range(0, 100).Select(i => Subscription($"used{i}.test")).Select(one => (one, _names.Add(one)))];
        _names.Count.Should().Be(100);

        Array.ForEach(used, one => _names.Remove(one.Subscription, one.Entry));
        _names.Add(Subscription("last.test"));

        _names.Count.Should().Be(4);
    }

    [Fact]
    public void Add_ByManyThreads_TheTableCountsWhatItHas()
    {
        NameTable names = new(maxEntries: 50);
        IAnswerListener listener = new Listener();
        Parallel.For(0, 4_000, number =>
        {
            NameSubscription subscription = new(Question.ForAddresses($"n{number % 300}.test", AddressFamily.Unspecified), listener, names, _refresher);
            names.Remove(subscription, names.Add(subscription));
        });

        names.Count.Should().Be(names.Entries.Count).And.BeInRange(1, 100);
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
