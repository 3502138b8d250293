using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.PublicApiTests;

/// <summary>A resolver that was written outside announces changes.</summary>
public sealed class NameResolverTests : IAsyncLifetime
{
    private const string Host = "svc.test";

    private readonly PushedResolver _registry = new();
    private readonly DnsCache _cache;
    private WebApplication _server = null!;
    private int _port;

    public NameResolverTests()
    {
        _cache = new DnsCache(new DnsCacheOptions { MaxTtl = TimeSpan.FromHours(1) }, _registry);
        _registry.Set(Host, "127.0.0.1");
    }

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Any, 0));
        _server = builder.Build();
        _server.Run(static context => context.Response.WriteAsync(context.Connection.LocalIpAddress!.MapToIPv4().ToString()));
        await _server.StartAsync();
        _port = new Uri(_server.Urls.Single().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port;
    }

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(Host)]
    [InlineData("SVC.Test.")]
    public async Task ChangeOfANameInUse_IsAskedForAtOnceAndFollowed(string announced)
    {
        using HttpClient client = Client();
        (await client.GetStringAsync("/")).Should().Be("127.0.0.1");
        TaskCompletionSource askedAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _registry.OnAsked = _ => Task.FromResult(askedAgain.TrySetResult());

        _registry.Set(Host, "127.0.0.2");
        _registry.Announce("other.test", announced);

        await askedAgain.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Answers(client, "127.0.0.2");
        _registry.Questions(Host).Should().Be(2, "the TTL is an hour: only the announcement can have caused the second question");
    }

    [Fact]
    public async Task ChangeOfAll_TouchesEachName()
    {
        using HttpClient client = Client();
        (await client.GetStringAsync("/")).Should().Be("127.0.0.1");
        _registry.Set("idle.test", "127.0.0.1");
        await _cache.PrefetchAsync("idle.test");

        _registry.Set(Host, "127.0.0.2");
        _registry.Set("idle.test", "127.0.0.2");
        _registry.AnnounceAll();

        await Answers(client, "127.0.0.2");
        (await _cache.PrefetchAsync("idle.test")).Should().BeOfType<Answer.Found>().Which.Addresses.Should()
            .Equal(IPAddress.Parse("127.0.0.2"));
    }

    [Fact]
    public async Task ChangeOfAnotherName_AsksNothing()
    {
        await _cache.PrefetchAsync(Host);

        _registry.AnnounceOne("other.test");
        await _cache.PrefetchAsync(Host);

        _registry.Questions(Host).Should().Be(1);
    }

    [Fact]
    public async Task ChangeWhileAQuestionIsUnderWay_IsAskedForOnceMoreHoweverOftenItIsAnnounced()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _registry.OnAsked = _ =>
        {
            arrived.TrySetResult();
            return answer.Task;
        };
        using HttpClient client = Client();
        Task<string> request = client.GetStringAsync("/");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));

        for (int i = 0; i < 100; i++)
        {
            _registry.AnnounceOne(Host);
        }

        answer.SetResult();
        (await request).Should().Be("127.0.0.1");
        await Holds(() => _registry.Questions(Host) == 2, "the name is asked for once more");
    }

    [Fact]
    public async Task OneResolverOfTwoCaches_TellsBoth()
    {
        await using DnsCache other = new(resolver: _registry);
        await _cache.PrefetchAsync(Host);
        await other.PrefetchAsync(Host);

        _registry.Set(Host, "127.0.0.2");
        _registry.AnnounceOne(Host);

        foreach (DnsCache cache in new[] { _cache, other })
        {
            (await cache.PrefetchAsync(Host)).Should().BeOfType<Answer.Found>().Which.Addresses.Should()
                .Equal(IPAddress.Parse("127.0.0.2"));
        }
    }

    [Fact]
    public async Task ResolverThatThrows_CostsTheOneQuestion()
    {
        _registry.OnAsked = static host =>
            host == "bad.test" ? throw new InvalidOperationException("the registry is closed") : Task.CompletedTask;

        Answer failed = await _cache.PrefetchAsync("bad.test");
        Answer found = await _cache.PrefetchAsync(Host);

        failed.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("the registry is closed");
        found.Should().BeOfType<Answer.Found>();
    }

    [Fact]
    public async Task ResolverThatThrowsAfterAChange_LeavesTheLastGoodAnswerInUse()
    {
        using HttpClient client = Client();
        (await client.GetStringAsync("/")).Should().Be("127.0.0.1");
        _registry.OnAsked = static _ => throw new InvalidOperationException("the registry is closed");

        _registry.AnnounceOne(Host);
        await Holds(() => _registry.Questions(Host) >= 2, "the name is asked for again");

        (await client.GetStringAsync("/")).Should().Be("127.0.0.1");
    }

    [Fact]
    public void NamesThatAreNull_AreRefusedBeforeAnyAnswerExpires()
    {
        _registry.Invoking(registry => registry.AnnounceOne(null!)).Should().Throw<ArgumentNullException>();
        _registry.Invoking(registry => registry.Announce(Host, null!)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task AfterDisposalOfTheCache_AnnouncementsAreIgnored()
    {
        await _cache.PrefetchAsync(Host);
        await _cache.DisposeAsync();

        _registry.AnnounceAll();

        _registry.Questions(Host).Should().Be(1);
    }

    [Fact]
    public void CacheDroppedWithoutDisposal_IsNotKeptByItsResolver()
    {
        WeakReference cache = Drop(_registry);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        cache.IsAlive.Should().BeFalse();

        static WeakReference Drop(PushedResolver registry) => new(new DnsCache(resolver: registry));
    }

    private static async Task Answers(HttpClient client, string expected)
    {
        string last = "";
        await Holds(() => last == expected, $"{expected} answers", async () => last = await client.GetStringAsync("/"));
    }

    private static async Task Holds(Func<bool> condition, string what, Func<Task>? before = null)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(5));
        while (true)
        {
            await (before?.Invoke() ?? Task.CompletedTask);
            if (condition())
            {
                return;
            }

            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException(what);
            }

            await tick.WaitForNextTickAsync();
        }
    }

    private HttpClient Client() =>
        new(new DnsAwareHandler(new SocketsHttpHandler(), cache: _cache)) { BaseAddress = new Uri($"http://{Host}:{_port}/") };
}
