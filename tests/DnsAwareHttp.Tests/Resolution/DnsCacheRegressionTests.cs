using System.Collections.Concurrent;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

/// <summary>Bugs that were fixed, and a long mix of everything at once.</summary>
public sealed class DnsCacheRegressionTests : IAsyncDisposable
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
}
