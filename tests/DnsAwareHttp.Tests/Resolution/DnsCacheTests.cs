using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class DnsCacheTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCacheOptions _options = new();
    private readonly ConcurrentQueue<CachedAnswer> _heard = new();
    private DnsCache? _cache;

    private DnsCache Cache => _cache ??= new DnsCache(_options, _dns, _clock);

    public async ValueTask DisposeAsync()
    {
        _dns.Release();
        await Cache.DisposeAsync();
    }

    [Fact]
    public async Task FiveHundredSubscribersAtOnce_CostOneQuestion()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        _dns.Hold();

        _ = Cache;
        Task<CachedAnswer>[] answers = [.. Enumerable.Range(0, 500).Select(_ => Task.Run(() => Subscribe().AnswerAsync()))];
        await Asked(1);
        _dns.Release();
        CachedAnswer[] heard = await Task.WhenAll(answers);

        heard.Should().OnlyContain(answer => answer.LastGood!.Addresses[0].Equals(IPAddress.Parse("10.0.0.1")));
        _dns.Questions("svc.test").Should().Be(1);
        _heard.Should().HaveCount(500);
    }

    [Fact]
    public async Task Refresh_ComesWhenTheTtlEndsAndNotBefore()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        using NameSubscription name = Subscribe();
        await Heard(1);

        _clock.Advance(TimeSpan.FromSeconds(29.9));
        _dns.Questions("svc.test").Should().Be(1);
        _clock.Advance(TimeSpan.FromSeconds(0.2));

        await Heard(2);
        _dns.Questions("svc.test").Should().Be(2);
    }

    [Fact]
    public async Task TtlCounts_FromTheMomentTheQuestionWasSent()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        _dns.Hold();
        using NameSubscription name = Subscribe();
        await Asked(1);

        _clock.Advance(TimeSpan.FromSeconds(4));
        _dns.Release();
        await Heard(1);

        _heard.Last().ExpiresAt.Should().Be(_clock.GetUtcNow() + TimeSpan.FromSeconds(26));
    }

    [Fact]
    public async Task Failure_KeepsTheLastGoodAnswerAndBacksOff()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        using NameSubscription name = Subscribe();
        await Heard(1);
        _dns.Fails("svc.test");

        _clock.Advance(TimeSpan.FromSeconds(31));
        await Heard(2);
        _heard.Last().Should().Match<CachedAnswer>(a => a.Latest is Answer.Failed && a.LastGood != null && a.IsStale && a.Failures == 1);
        for (int failures = 2; failures < 12; failures++)
        {
            _clock.Advance(TimeSpan.FromSeconds(36.1));
            int heard = failures;
            await Eventually.Holds(() => _heard.Last().Failures >= heard, "it is asked again");
        }

        _dns.Says("svc.test", 30, "10.0.0.2");
        _clock.Advance(TimeSpan.FromSeconds(36.1));
        await Eventually.Holds(() => _heard.Last().Failures == 0, "it recovers");
        _heard.Last().LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.2"));
    }

    [Fact]
    public async Task ResolverThatDoesNotHeedItsToken_IsGivenUpAtTheDeadline()
    {
        StubbornResolver stubborn = new();
        await using DnsCache cache = new(null, stubborn, _clock);
        using NameSubscription name = cache.Subscribe("svc.test", AddressFamily.Unspecified, _heard.Enqueue);
        await stubborn.Asked.Task;

        _clock.Advance(HostRefresher.QuestionDeadline);

        await Heard(1);
        _heard.Last().Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("5 s");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ResolverThatThrowsOrReturnsNull_HasFailed(bool throws)
    {
        await using DnsCache cache = new(null, new BrokenResolver(throws), _clock);
        using NameSubscription name = cache.Subscribe("svc.test", AddressFamily.Unspecified, _heard.Enqueue);

        await Heard(1);

        _heard.Last().Latest.Should().BeOfType<Answer.Failed>();
    }

    [Fact]
    public async Task Hints_RefreshEarlyAtMostEachFiveSecondsAndNoneIsLost()
    {
        _dns.Says("svc.test", 300, "10.0.0.1");
        using NameSubscription name = Subscribe();
        await Heard(1);

        name.Hint();
        _clock.Advance(TimeSpan.Zero);
        await Heard(2);
        name.Hint();
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        _dns.Questions("svc.test").Should().Be(2, "the second hint comes too early");
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        await Heard(3);
    }

    [Fact]
    public async Task StormOfHints_DoesNotPushTheNextOneAway()
    {
        _dns.Says("svc.test", 300, "10.0.0.1");
        using NameSubscription name = Subscribe();
        await Heard(1);
        for (int i = 0; i < 1000; i++)
        {
            name.Hint();
        }

        _clock.Advance(TimeSpan.FromSeconds(5.1));
        await Heard(2);
        name.Hint();
        _clock.Advance(TimeSpan.FromSeconds(5.1));

        await Heard(3);
    }

    [Fact]
    public async Task UnusedName_IsNotRefreshed()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        Subscribe().Dispose();
        await Asked(1);
        using (Subscribe())
        {
            await Heard(1);
        }

        _clock.Advance(TimeSpan.FromMinutes(10));

        _dns.Questions("svc.test").Should().Be(1);
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task ExpiredAnswer_IsUsedAfterStaleAnswerTimeoutWhenTheNewOneIsLate()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        using (Subscribe())
        {
            await Heard(1);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        _dns.Hold();
        using NameSubscription again = Subscribe();
        await Asked(2);
        await Eventually.Holds(() => _clock.ActiveTimers >= 2, "the wait for the new answer begins");
        _heard.Should().HaveCount(1);

        _clock.Advance(TimeSpan.FromSeconds(1.8));
        await Heard(2);

        _heard.Last().LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        _dns.Release();
        await Heard(3);
    }

    [Fact]
    public async Task FullCache_LosesTheLeastRecentlyUsedAndKeepsThoseInUse()
    {
        _options.MaxEntries = 10;
        using NameSubscription kept = Subscribe("kept.test");
        for (int i = 0; i < 100; i++)
        {
            int asked = i;
            Subscribe($"n{i}.test").Dispose();
            await Eventually.Holds(() => _dns.Questions($"n{asked}.test") == 1, "it is asked");
        }

        await Heard(1);
        await Eventually.Holds(() => Evicted(), "the surplus is evicted");
        using NameSubscription again = Subscribe("kept.test");
        _dns.Questions("kept.test").Should().Be(1, "it was in use all the time");

        bool Evicted()
        {
            Subscribe("one more.test").Dispose();
            return Cache.Count <= 12;
        }
    }

    [Fact]
    public async Task ListenerThatThrows_StopsNeitherTheOthersNorTheNextRefresh()
    {
        _dns.Says("svc.test", 1, "10.0.0.1");
        using NameSubscription bad = Cache.Subscribe("svc.test", AddressFamily.Unspecified, _ => throw new InvalidOperationException());
        using NameSubscription good = Subscribe();
        await Heard(1);

        _clock.Advance(TimeSpan.FromSeconds(1.2));

        await Heard(2);
    }

    [Fact]
    public async Task AsyncLocalsAndSynchronizationContextOfTheCaller_DoNotReachTheResolver()
    {
        AsyncLocal<string> local = new() { Value = "of a request" };
        SynchronizationContext before = SynchronizationContext.Current!;
        ContextWitness witness = new(local);
        await using DnsCache cache = new(null, witness, _clock);
        SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
        using NameSubscription name = cache.Subscribe("svc.test", AddressFamily.Unspecified, _heard.Enqueue);
        SynchronizationContext.SetSynchronizationContext(before);

        await Heard(1);
        _clock.Advance(TimeSpan.FromSeconds(1.2));
        await Heard(2);

        witness.Seen.Should().OnlyContain(seen => seen == "nothing");
    }

    [Fact]
    public async Task CallerThatSuppressedTheFlow_IsServedToo()
    {
        _dns.Says("svc.test", 30, "10.0.0.1");
        using (ExecutionContext.SuppressFlow())
        {
            _ = Subscribe();
        }

        await Heard(1);
    }

    [Fact]
    public async Task Disposal_AwaitsTheQuestionInFlightAndLeavesNoTimer()
    {
        _dns.Hold();
        NameSubscription name = Subscribe();
        await Asked(1);

        await Cache.DisposeAsync();

        _clock.ActiveTimers.Should().Be(0);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await name.Invoking(n => n.AnswerAsync()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task FilesAreWatched_FromTheFirstSubscriptionToTheLast_AndAChangedNameIsAskedAtOnce()
    {
        WatchedResolver watched = new();
        await using DnsCache cache = new(null, watched, _clock);
        watched.IsWatched.Should().BeFalse();
        NameSubscription one = cache.Subscribe("svc.test", AddressFamily.Unspecified, _heard.Enqueue);
        NameSubscription other = cache.Subscribe("other.test", AddressFamily.Unspecified, _ => { });
        watched.IsWatched.Should().BeTrue();
        await Heard(1);

        watched.Change("svc.test");
        _clock.Advance(TimeSpan.Zero);
        await Heard(2);

        watched.Questions("other.test").Should().Be(1);
        one.Dispose();
        watched.IsWatched.Should().BeTrue();
        other.Dispose();
        watched.IsWatched.Should().BeFalse();
    }

    [Fact]
    public async Task LiteralsAndLocalhost_AreNotAskedOfResolversThatPeopleBring()
    {
        using NameSubscription v4 = Subscribe("127.0.0.7");
        using NameSubscription v6 = Subscribe("::1");
        using NameSubscription local = Subscribe("localhost");
        await Heard(3);

        _heard.Should().OnlyContain(answer => answer.LastGood != null);
        _dns.Questions("127.0.0.7").Should().Be(0);
        _dns.Questions("localhost").Should().Be(0);
    }

    [Fact]
    public async Task SubscribersThatComeAndGoWhileAnswersChange_AllHearTheLatest()
    {
        await using DnsCache cache = new(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100), MaxEntries = 4 }, _dns);
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(3));
        int version = 0;
        Task changing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                int next = Interlocked.Increment(ref version);
                for (int n = 0; n < 8; n++)
                {
                    _dns.Says($"n{n}.test", 0, $"10.{next >> 16 & 255}.{next >> 8 & 255}.{next & 255}");
                }

                await Task.Yield();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                CachedAnswer? last = null;
                using NameSubscription name = cache.Subscribe($"n{Random.Shared.Next(8)}.test", AddressFamily.Unspecified, answer => last = answer);
                CachedAnswer asked = await name.AnswerAsync();
                await Eventually.Holds(() => last is not null && last.Version >= asked.Version, "the listener hears what the asker was told");
            }
        })));
        await changing;
        NameSubscription[] all = [.. Enumerable.Range(0, 8).Select(n => cache.Subscribe($"n{n}.test", AddressFamily.Unspecified, _heard.Enqueue))];
        string final = $"10.{version >> 16 & 255}.{version >> 8 & 255}.{version & 255}";
        await Eventually.Holds(() => all.All(name => name.Current?.LastGood?.Addresses[0].ToString() == final), "each name has the last address");
    }

    private NameSubscription Subscribe(string host = "svc.test") => Cache.Subscribe(host, AddressFamily.Unspecified, _heard.Enqueue);

    private Task Heard(int count) => Eventually.Holds(() => _heard.Count >= count, $"{count} answers are heard");

    private Task Asked(int count) => Eventually.Holds(() => _dns.Questions("svc.test") >= count, $"{count} questions are asked");

    private sealed class StubbornResolver : INameResolver
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await new TaskCompletionSource().Task;
            throw new InvalidOperationException();
        }
    }

    private sealed class BrokenResolver(bool throws) : INameResolver
    {
        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) => throws ? throw new InvalidOperationException("broken") : ValueTask.FromResult<Answer>(null!);
    }

    private sealed class ContextWitness(AsyncLocal<string> local) : INameResolver
    {
        public ConcurrentQueue<string> Seen { get; } = new();

        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            Seen.Enqueue(local.Value ?? (SynchronizationContext.Current is null ? "nothing" : "a synchronization context"));
            return ValueTask.FromResult<Answer>(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(1)));
        }
    }

    private sealed class WatchedResolver : INameResolver, INameChanges
    {
        private readonly ScriptedResolver _answers = new();
        private Action<IReadOnlySet<string>?>? _changed;

        public bool IsWatched => _changed is not null;

        public int Questions(string host) => _answers.Questions(host);

        public void Change(string host) => _changed!(new HashSet<string> { host });

        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            _answers.Says(host, 300, "10.0.0.1");
            return _answers.ResolveAsync(host, cancellationToken);
        }

        public IDisposable Watch(Action<IReadOnlySet<string>?> changed)
        {
            _changed = changed;
            return new End(this);
        }

        private sealed class End(WatchedResolver owner) : IDisposable
        {
            public void Dispose() => owner._changed = null;
        }
    }
}
