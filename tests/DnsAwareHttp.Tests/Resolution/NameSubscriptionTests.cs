using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class NameSubscriptionTests : IAsyncDisposable
{
    private static readonly Question Name = Question.ForAddresses("svc.test", AddressFamily.Unspecified);

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;

    public NameSubscriptionTests()
    {
        _cache = new DnsCache(resolver: _dns, timeProvider: _time);
        _dns.Says("svc.test", 30, "10.0.0.1");
    }

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Fact]
    public async Task BeforeStart_NothingIsRegisteredAskedOrTold()
    {
        RecordingListener listener = new();
        using NameSubscription name = _cache.Subscribe(Name, listener);

        name.Current.Should().BeNull();
        name.PreferredFamily.Should().Be(AddressFamily.Unspecified);
        _cache.Count.Should().Be(0);
        _dns.Questions("svc.test").Should().Be(0);

        name.Start();
        await name.AnswerAsync();

        await Eventually.Holds(() => listener.Heard.Count == 1, "the listener is told");
        _dns.Questions("svc.test").Should().Be(1);
    }

    [Fact]
    public async Task Start_AnswerKnown_IsToldAtOnce()
    {
        await _cache.PrefetchAsync("svc.test");
        RecordingListener listener = new();
        using NameSubscription name = _cache.Subscribe(Name, listener);

        name.Start();

        listener.Heard.Should().ContainSingle().Which.LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
    }

    [Fact]
    public void Dispose_BeforeStart_NothingEverBegins()
    {
        NameSubscription name = _cache.Subscribe(Name, new RecordingListener());

        name.Dispose();
        name.Start();

        _cache.Count.Should().Be(0);
        _dns.Questions("svc.test").Should().Be(0);
    }

    [Fact]
    public async Task Listener_Dropped_IsCollectedAndItsNameIsNotAskedAgain()
    {
        WeakReference listener = await UseAndDropAsync(_cache);
        await Eventually.Holds(() => _cache.IsQuiet, "the first question is over");

        await Eventually.Holds(() => !IsAlive(listener), "the listener is collected");
        _time.Advance(TimeSpan.FromHours(1));
        await Eventually.Holds(() => _cache.IsQuiet && _time.ActiveTimers == 0, "nothing is planned");

        _dns.Questions("svc.test").Should().Be(1);
    }

    [Fact]
    public async Task Listener_Dropped_ItsWatchEndsWithTheNextRefresh()
    {
        WatchedResolver watched = new();
        watched.Dns.Says("svc.test", 30, "10.0.0.1");
        await using DnsCache cache = new(resolver: watched, timeProvider: _time);
        WeakReference listener = await UseAndDropAsync(cache);
        watched.IsWatched.Should().BeTrue();

        await Eventually.Holds(() => !IsAlive(listener), "the listener is collected");
        _time.Advance(TimeSpan.FromSeconds(31));

        await Eventually.Holds(() => !watched.IsWatched, "the watch has ended");
    }

    [Fact]
    public async Task CacheAndListener_Dropped_AreCollected()
    {
        using TemporaryFile hosts = new();
        await File.WriteAllTextAsync(hosts.Path, "10.0.0.1 svc.test\n");
        (WeakReference cache, WeakReference listener) = await MakeAndDropAsync(hosts.Path);

        await Eventually.Holds(() => !IsAlive(listener) && !cache.IsAlive, "a cache that was dropped without disposal is collected");
    }

    [Fact]
    public async Task Start_CacheWasDisposed_ThrowsAndRegistersNothing()
    {
        await _cache.DisposeAsync();
        RecordingListener listener = new();
        NameSubscription name = _cache.Subscribe(Name, listener);

        FluentActions.Invoking(name.Start).Should().Throw<ObjectDisposedException>();

        name.Dispose();
        listener.Heard.Should().BeEmpty();
    }

    [Fact]
    public async Task Dispose_AtTheSameTimeAsStart_LeavesNothingRegistered()
    {
        await _cache.PrefetchAsync("svc.test");
        using Barrier together = new(2);
        NameSubscription[] names = [.. Enumerable.Range(0, 5_000).Select(_ => _cache.Subscribe(Name, new RecordingListener()))];

        await Task.WhenAll(Task.Run(() => ForEach(static name => name.Start())), Task.Run(() => ForEach(static name => name.Dispose())));

        _time.Advance(TimeSpan.FromHours(1));
        await Eventually.Holds(() => _cache.IsQuiet, "nothing is under way");
        _dns.Questions("svc.test").Should().Be(1, "nobody uses the name");
        _time.ActiveTimers.Should().Be(0);

        void ForEach(Action<NameSubscription> act)
        {
            foreach (NameSubscription name in names)
            {
                together.SignalAndWait();
                act(name);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(WeakReference Cache, WeakReference Listener)> MakeAndDropAsync(string hostsFile)
    {
        DnsCache cache = new(new DnsCacheOptions { HostsFilePath = hostsFile, NameSources = [NameSource.HostsFile] });
        return (new WeakReference(cache), await UseAndDropAsync(cache));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAndDropAsync(DnsCache cache)
    {
        RecordingListener listener = new();
        NameSubscription name = cache.Subscribe(Name, listener);
        listener.Name = name;
        name.Start();
        (await name.AnswerAsync()).LastGood!.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        return new WeakReference(listener);
    }

    private static bool IsAlive(WeakReference reference)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return reference.IsAlive;
    }

    private sealed class RecordingListener : IAnswerListener
    {
        public ConcurrentQueue<CachedAnswer> Heard { get; } = new();

        public NameSubscription? Name { get; set; }

        public void OnAnswer(CachedAnswer answer) => Heard.Enqueue(answer);
    }
}
