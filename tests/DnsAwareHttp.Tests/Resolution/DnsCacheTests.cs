using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class DnsCacheTests : IAsyncDisposable
{
    private const string Host = "svc.test";

    private readonly ManualTimeProvider _time = new();
    private readonly WatchedResolver _resolver = new();
    private readonly CapturingLogger _log = new();
    private readonly DnsCacheOptions _options = new();
    private readonly ConcurrentQueue<CachedAnswer> _told = new();
    private INameResolver _asked;
    private DnsCache? _made;

    public DnsCacheTests()
    {
        _asked = Dns;
        Dns.Says(Host, 30, "10.0.0.1");
    }

    private ScriptedResolver Dns => _resolver.Dns;

    private DnsCache Cache => _made ??= new DnsCache(_options, _asked, _time, _log);

    public async ValueTask DisposeAsync()
    {
        if (_made is not null)
        {
            await _made.DisposeAsync();
        }
    }

    [Fact]
    public async Task Subscribe_500AtOnce_SendsOneQuestionAndTellsAll()
    {
        Dns.Hold();
        DnsCache cache = Cache;
        int told = 0;
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => cache.Subscribe(Host, AddressFamily.Unspecified, _ => Interlocked.Increment(ref told)))));
        Dns.Release();

        await Eventually.Holds(() => Volatile.Read(ref told) >= 500, "all are told");
        told.Should().Be(500);
        Dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Answer_500AtOnce_SendsOneQuestion()
    {
        Dns.Hold();
        NameSubscription name = Subscribe();
        Task<CachedAnswer>[] answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => Task.FromResult(name.AnswerAsync()))));
        Dns.Release();

        (await Task.WhenAll(answers)).Should().OnlyContain(answer => ReferenceEquals(answer, name.Current));
        Dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Answer_StillFresh_AsksNothing()
    {
        NameSubscription name = Subscribe();
        CachedAnswer first = await name.AnswerAsync();
        await Quiet();
        _time.Advance(TimeSpan.FromSeconds(29));

        (await name.AnswerAsync()).Should().BeSameAs(first);
        Dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Subscribe_FamiliesOfOneName_AreKeptApart()
    {
        Dns.Says(Host, 30, "10.0.0.1", "fd00::1");
        CachedAnswer v4 = await Cache.Subscribe(Host, AddressFamily.InterNetwork, _told.Enqueue).AnswerAsync();
        CachedAnswer v6 = await Cache.Subscribe(Host, AddressFamily.InterNetworkV6, _told.Enqueue).AnswerAsync();
        await Quiet();

        v4.LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        v6.LastGood!.Addresses.Should().Equal(IPAddress.Parse("fd00::1"));
        Cache.Count.Should().Be(2);
    }

    [Fact]
    public async Task Subscribe_AnswerKnownAndFresh_IsToldAtOnce()
    {
        await Subscribe().AnswerAsync();
        await Quiet();
        ConcurrentQueue<CachedAnswer> second = new();

        using NameSubscription name = Subscribe(second.Enqueue);

        second.Should().Equal(name.Current!);
        Dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Subscribe_FreshAnswerOfAnUnusedName_IsRefreshedWhenItsTtlEnds()
    {
        NameSubscription first = Subscribe();
        await first.AnswerAsync();
        await Quiet();
        first.Dispose();
        using NameSubscription second = Subscribe();

        _time.Advance(TimeSpan.FromMilliseconds(30_101));

        await Eventually.Holds(() => Dns.Questions(Host) == 2, "the name is refreshed");
    }

    [Fact]
    public async Task Subscribe_AnswerExpired_NewOneIsToldAndTheOldOneIsNot()
    {
        await LearnAndForget();
        Dns.Hold();

        using NameSubscription name = Subscribe();
        await Eventually.Holds(() => Dns.Questions(Host) == 2, "the question is sent");
        _told.Should().BeEmpty();
        Dns.Release();
        await Quiet();

        _told.Select(answer => answer.Version).Should().Equal(2);
    }

    [Fact]
    public async Task Subscribe_AnswerExpiredAndNewOneIsLate_OldOneIsToldAfterStaleAnswerTimeout()
    {
        await LearnAndForget();
        Dns.Hold();
        using NameSubscription name = Subscribe();
        await Eventually.Holds(() => Dns.Questions(Host) == 2, "the question is sent");

        _time.Advance(TimeSpan.FromMilliseconds(1_799));
        _told.Should().BeEmpty();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.Holds(() => _told.Count == 1, "the old answer is told");
        Dns.Release();
        await Eventually.Holds(() => _told.Count == 2, "the new answer is told");

        _told.Select(answer => answer.Version).Should().Equal(1, 2);
    }

    [Fact]
    public async Task Unsubscribe_Last_NameIsRefreshedNoMore()
    {
        NameSubscription one = Subscribe();
        NameSubscription other = Subscribe();
        await one.AnswerAsync();
        await Quiet();
        one.Dispose();
        _time.Advance(TimeSpan.FromMilliseconds(30_101));
        await Quiet();
        Dns.Questions(Host).Should().Be(2, "the other still uses it");

        other.Dispose();
        _time.Advance(TimeSpan.FromHours(1));

        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
        Dns.Questions(Host).Should().Be(2);
    }

    [Fact]
    public async Task Evict_TableFull_LeastRecentlyUsedGoFirst()
    {
        _options.MaxEntries = 5;
        foreach (string host in new[] { "a", "b", "c", "d", "e", "a" })
        {
            await UseOnce(host);
        }

        await UseOnce("f");
        Cache.Count.Should().Be(5);
        await UseOnce("a");
        await UseOnce("b");

        Dns.Questions("a").Should().Be(1, "it was used again and stayed");
        Dns.Questions("b").Should().Be(2, "it was the least recently used and went");
    }

    [Fact]
    public async Task Evict_NamesInUse_Stay()
    {
        _options.MaxEntries = 3;
        NameSubscription[] used = [.. Enumerable.Range(0, 10).Select(i => Cache.Subscribe($"used{i}", AddressFamily.Unspecified, _told.Enqueue))];
        await Quiet();
        for (int i = 0; i < 10; i++)
        {
            await UseOnce($"passing{i}");
        }

        Cache.Count.Should().BeInRange(10, 11);
        foreach (NameSubscription name in used)
        {
            name.Dispose();
        }

        await UseOnce("last");
        Cache.Count.Should().BeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task Evict_ThousandsOfNamesPassBy_TableStaysBounded()
    {
        _options.MaxEntries = 100;
        for (int i = 0; i < 1_000; i++)
        {
            await UseOnce($"h{i}");
            Cache.Count.Should().BeLessThanOrEqualTo(100);
        }
    }

    [Fact]
    public async Task Watch_BeginsWithTheFirstSubscriptionAndEndsWithTheLast()
    {
        _asked = _resolver;
        DnsCache cache = Cache;
        _resolver.Watches.Should().Be(0);

        NameSubscription one = Subscribe();
        NameSubscription other = cache.Subscribe("other.test", AddressFamily.Unspecified, _told.Enqueue);
        await one.AnswerAsync();
        await Quiet();
        _resolver.Watches.Should().Be(1);
        one.Dispose();
        _resolver.IsWatched.Should().BeTrue();
        other.Dispose();
        _resolver.IsWatched.Should().BeFalse();

        Subscribe();
        _resolver.Watches.Should().Be(2);
        await cache.DisposeAsync();
        _resolver.IsWatched.Should().BeFalse();
    }

    [Fact]
    public async Task Watch_NameChanges_ItAloneIsAskedAtOnce()
    {
        _asked = _resolver;
        await Subscribe().AnswerAsync();
        await Cache.Subscribe("other.test", AddressFamily.Unspecified, _told.Enqueue).AnswerAsync();
        await Quiet();
        Dns.Says(Host, 30, "10.0.0.2");

        _resolver.Change(Host);
        _time.Advance(TimeSpan.Zero);

        await Eventually.Holds(() => _told.Any(answer => answer.LastGood?.Addresses[0].ToString() == "10.0.0.2"), "the change is told");
        Dns.Questions("other.test").Should().Be(1);
    }

    [Fact]
    public async Task Watch_AnyNameMayHaveChanged_AllAreAskedAtOnce()
    {
        _asked = _resolver;
        await Subscribe().AnswerAsync();
        await Cache.Subscribe("other.test", AddressFamily.Unspecified, _told.Enqueue).AnswerAsync();
        await Quiet();

        _resolver.Change();
        _time.Advance(TimeSpan.Zero);

        await Eventually.Holds(() => Dns.Questions(Host) == 2 && Dns.Questions("other.test") == 2, "both are asked again");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watch_NobodyWatchedForAWhile_WhatChangedMeanwhileIsAskedAnewAndOnlyThat(bool changed)
    {
        _asked = _resolver;
        await UseOnce(Host);
        Dns.Says(Host, 30, "10.0.0.2");
        _resolver.MissedChanges = [changed ? Host : "other.test"];

        using NameSubscription name = Subscribe();

        await Quiet();
        string expected = changed ? "10.0.0.2" : "10.0.0.1";
        _told.Should().NotBeEmpty().And.OnlyContain(answer => answer.LastGood!.Addresses[0].ToString() == expected);
        Dns.Questions(Host).Should().Be(changed ? 2 : 1);
    }

    [Fact]
    public async Task Prefetch_TheFirstUseWaitsForNothing()
    {
        Answer answer = await Cache.PrefetchAsync(Host.ToUpperInvariant());

        answer.Should().BeOfType<Answer.Found>();
        using NameSubscription name = Subscribe();
        name.AnswerAsync().IsCompleted.Should().BeTrue();
        _told.Should().NotBeEmpty("what is known is told at once");
        Dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Prefetch_FailureAndNoSuchName_AreOutcomes()
    {
        Dns.Fails("broken.test");

        (await Cache.PrefetchAsync("broken.test")).Should().BeOfType<Answer.Failed>();
        (await Cache.PrefetchAsync("unknown.test")).Should().BeOfType<Answer.Empty>();
    }

    [Fact]
    public async Task Prefetch_ManyAtOnce_AskOnce()
    {
        Dns.Hold();
        Task<Answer>[] fetches = [.. Enumerable.Range(0, 50).Select(_ => Cache.PrefetchAsync(Host))];
        await Eventually.Holds(() => Dns.Questions(Host) == 1, "the question is sent");
        Dns.Release();

        (await Task.WhenAll(fetches)).Should().OnlyContain(answer => answer is Answer.Found);
        Dns.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task Prefetch_Cancelled_DisturbsNobodyElse()
    {
        Dns.Hold();
        using CancellationTokenSource caller = new();
        Task<Answer> cancelled = Cache.PrefetchAsync(Host, cancellationToken: caller.Token);
        Task<Answer> other = Cache.PrefetchAsync(Host);
        await caller.CancelAsync();
        await FluentActions.Awaiting(() => cancelled).Should().ThrowAsync<OperationCanceledException>();

        Dns.Release();

        (await other).Should().BeOfType<Answer.Found>();
    }

    [Theory]
    [InlineData("http://svc.test")]
    [InlineData("svc.test:8080")]
    [InlineData("svc.test/path")]
    [InlineData("user@svc.test")]
    [InlineData(" ")]
    public async Task Prefetch_NoHostName_SaysSo(string host) =>
        await Cache.Invoking(cache => cache.PrefetchAsync(host)).Should().ThrowAsync<ArgumentException>();

    [Fact]
    public async Task Dispose_QuestionInFlight_IsAwaitedAndNoTimerIsLeft()
    {
        Dns.Hold();
        NameSubscription name = Subscribe();
        Task<CachedAnswer> question = name.AnswerAsync();
        await Eventually.Holds(() => Dns.Questions(Host) == 1, "the question is sent");

        await Cache.DisposeAsync();

        question.IsCompleted.Should().BeTrue();
        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Dispose_OldAnswerIsBeingWaitedFor_NoTimerIsLeft()
    {
        await LearnAndForget();
        Dns.Hold();
        using NameSubscription name = Subscribe();

        await Cache.DisposeAsync();

        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Dispose_ThenAsk_IsAnObjectDisposedExceptionAndWhatIsKnownStays()
    {
        NameSubscription name = Subscribe();
        CachedAnswer known = await name.AnswerAsync();
        await Quiet();
        await Cache.DisposeAsync();

        (await name.AnswerAsync()).Should().BeSameAs(known);
        _time.Advance(TimeSpan.FromSeconds(31));
        Func<Task> expired = () => name.AnswerAsync();
        await expired.Should().ThrowAsync<ObjectDisposedException>();
        Action subscribe = () => Cache.Subscribe("new.test", AddressFamily.Unspecified, _told.Enqueue);
        subscribe.Should().Throw<ObjectDisposedException>();
        name.Current.Should().BeSameAs(known);
        name.Hint();
        name.Dispose();
        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Dispose_Synchronously_StopsAllBackgroundWork()
    {
        _asked = _resolver;
        NameSubscription name = Subscribe();
        await name.AnswerAsync();
        await Quiet();

        Cache.Dispose();
        Cache.Dispose();

        await Eventually.Holds(() => _time.ActiveTimers == 0, "no timer is left");
        _resolver.IsWatched.Should().BeFalse();
    }

    [Fact]
    public void Count_NothingSubscribed_NoTimerRuns()
    {
        Cache.Count.Should().Be(0);
        _time.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Watch_NameThatIsNotInUseChanges_WhoUsesItNextGetsTheNewAddress()
    {
        _asked = _resolver;
        using NameSubscription other = Cache.Subscribe("other.test", AddressFamily.Unspecified, static _ => { });
        await UseOnce(Host);
        Dns.Says(Host, 30, "10.0.0.2");
        _resolver.Change(Host);
        _time.Advance(TimeSpan.Zero);

        using NameSubscription name = Subscribe();

        await Quiet();
        _told.Should().NotBeEmpty().And.OnlyContain(answer => answer.LastGood!.Addresses[0].ToString() == "10.0.0.2");
    }

    [Fact]
    public async Task Watch_TellsOfAChangeDuringAQuestion_TheNameIsAskedOnceMore()
    {
        _asked = _resolver;
        Dns.Hold();
        Subscribe().Dispose();
        _resolver.MissedChanges = [Host];
        using NameSubscription name = Subscribe();
        Dns.Release();
        await Quiet();

        _time.Advance(TimeSpan.Zero);
        await Quiet();

        Dns.Questions(Host).Should().Be(2);
    }

    [Fact]
    public async Task Watch_NameChangesDuringItsLastQuestion_WhoUsesItNextGetsTheNewAddress()
    {
        _asked = _resolver;
        using NameSubscription other = Cache.Subscribe("other.test", AddressFamily.Unspecified, static _ => { });
        Dns.Hold();
        NameSubscription first = Subscribe(static _ => { });
        Task<CachedAnswer> question = first.AnswerAsync();
        _resolver.Change(Host);
        first.Dispose();
        Dns.Release();
        await question;
        Dns.Says(Host, 30, "10.0.0.2");

        using NameSubscription name = Subscribe();

        await Quiet();
        _told.Should().NotBeEmpty().And.OnlyContain(answer => answer.LastGood!.Addresses[0].ToString() == "10.0.0.2");
    }

    [Fact]
    public void Unsubscribe_Twice_CountsOnce()
    {
        _asked = _resolver;
        NameSubscription one = Subscribe();
        NameSubscription other = Subscribe();
        one.Dispose();
        one.Dispose();
        _resolver.IsWatched.Should().BeTrue();

        other.Dispose();

        _resolver.IsWatched.Should().BeFalse();
    }

    [Fact]
    public async Task Subscribe_AnswerOlderThanMaxStaleAndNewOneIsLate_OldOneIsNotTold()
    {
        _options.MaxStale = TimeSpan.FromHours(1);
        await LearnAndForget();
        _time.Advance(TimeSpan.FromHours(2));
        Dns.Hold();
        using NameSubscription name = Subscribe();
        await Eventually.Holds(() => Dns.Questions(Host) == 2, "the question is sent");

        _time.Advance(_options.StaleAnswerTimeout);
        Dns.Release();
        await Quiet();

        _told.Select(answer => answer.Version).Should().Equal(2);
    }

    private NameSubscription Subscribe(Action<CachedAnswer>? listener = null) => Cache.Subscribe(Host, AddressFamily.Unspecified, listener ?? _told.Enqueue);

    private async Task UseOnce(string host)
    {
        if (host != Host)
        {
            Dns.Says(host, 300, "10.0.0.9");
        }

        using NameSubscription name = Cache.Subscribe(host, AddressFamily.Unspecified, static _ => { });
        await name.AnswerAsync();
        await Quiet();
    }

    /// <summary>An answer is known a moment before its question counts as over.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task NameThatWasNeverFound_IsAskedAgainInTheBackgroundOnlyForWhoKeepsAsking(bool keepsAsking, bool isNxDomain)
    {
        Dns.Says(Host, isNxDomain ? new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(1)) : new Answer.Failed("SERVFAIL"));
        DelegateListener listener = new(_ => { });
        using NameSubscription name = Cache.Subscribe(Question.ForAddresses(Host, AddressFamily.Unspecified), listener, keepsAsking);
        name.Start();
        await name.AnswerAsync();
        await Quiet();

        _time.Advance(TimeSpan.FromSeconds(10));
        await Quiet();
        int asked = Dns.Questions(Host);
        asked.Should().Be(keepsAsking ? 2 : 1);

        Dns.Says(Host, 30, "10.0.0.1");
        _time.Advance(TimeSpan.FromSeconds(2));
        await name.AnswerAsync();
        await Quiet();
        asked = Dns.Questions(Host);
        _time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Dns.Questions(Host) == asked + 1, "a name that was found is kept fresh");
        GC.KeepAlive(listener);
    }

    private Task Quiet() => Eventually.Holds(() => Cache.IsQuiet, "no question is in flight");

    /// <summary>Leaves the cache with an expired answer, version 1, of a name that nobody uses.</summary>
    private async Task LearnAndForget()
    {
        await UseOnce(Host);
        _time.Advance(TimeSpan.FromSeconds(31));
    }
}
