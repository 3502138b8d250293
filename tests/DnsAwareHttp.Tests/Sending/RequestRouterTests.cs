using System.Net;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Sending;

public sealed class RequestRouterTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;
    private LoopbackServer _server = null!;

    public RequestRouterTests() => _cache = new DnsCache(resolver: _dns, timeProvider: _clock);

    public async Task InitializeAsync() => _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2");

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Proxy_IsWhatIsResolvedAndDialledAndIsAskedForOnceARequest()
    {
        _dns.Says("proxy.test", 30, "127.0.0.2");
        CountingProxy proxy = new(new Uri($"http://proxy.test:{_server.Port}"));
        RequestRouter router = Registry(new SocketsHttpHandler { Proxy = proxy });

        (await Get(router, "http://svc.test/whoami")).Should().Be("127.0.0.2");
        (await Get(router, "http://other.test/whoami")).Should().Be("127.0.0.2");

        proxy.Asked.Should().Be(2);
        _dns.Questions("svc.test").Should().Be(0);
        router.Snapshot().Should().ContainSingle().Which.Origin.Should().Be($"proxy http://proxy.test:{_server.Port}");
    }

    [Fact]
    public async Task ProxyThatThrows_MeansNoProxy()
    {
        _dns.Says("svc.test", 30, "127.0.0.1");
        RequestRouter router = Registry(new SocketsHttpHandler { Proxy = new CountingProxy(null) });

        (await Get(router, $"http://svc.test:{_server.Port}/whoami")).Should().Be("127.0.0.1");
    }

    [Fact]
    public async Task WebSocketAndHttpSchemes_ShareAnOrigin()
    {
        _dns.Says("svc.test", 30, "127.0.0.1");
        RequestRouter router = Registry(new SocketsHttpHandler());

        _ = await Get(router, $"http://svc.test:{_server.Port}/whoami");
        _ = await Get(router, $"ws://SVC.test:{_server.Port}/whoami");

        router.Snapshot().Should().ContainSingle().Which.Endpoints.Should().ContainSingle().Which.TotalRequests.Should().Be(2);
        _server.ConnectionsTo("127.0.0.1").Should().Be(1);
    }

    [Theory]
    [InlineData("/relative")]
    [InlineData("ftp://svc.test/")]
    [InlineData(null)]
    public async Task RequestThatTheWrappedHandlerRefuses_GetsItsOwnErrorAndIsCounted(string? uri)
    {
        using HttpMessageInvoker bare = new(new SocketsHttpHandler());
        Exception expected = await ErrorOf(request => bare.SendAsync(request, CancellationToken.None), uri);
        RequestRouter router = Registry(new SocketsHttpHandler(), (request, _, token) => bare.SendAsync(request, token));

        Exception error = await ErrorOf(request => router.SendAsync(request, async: true, CancellationToken.None), uri);

        error.Should().BeOfType(expected.GetType());
        error.Message.Should().Be(expected.Message);
        router.PassThroughRequests.Should().Be(1);
    }

    [Fact]
    public async Task TableIsFull_UnusedOriginsMakeRoom()
    {
        RequestRouter router = Registry(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }, maxOrigins: 3);
        for (int i = 0; i < 20; i++)
        {
            _dns.Says($"svc{i}.test", 300, "127.0.0.1");
            await FluentActions.Awaiting(() => Get(router, $"http://svc{i}.test:1/")).Should().ThrowAsync<HttpRequestException>();
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        router.Snapshot().Should().HaveCountLessThanOrEqualTo(3);
        router.Snapshot().Should().Contain(origin => origin.Host == "svc19.test");
    }

    [Fact]
    public async Task TableIsFull_OriginsWhoseRequestsWaitForTheirFirstAnswerAreLeftAlone()
    {
        _dns.Hold();
        _dns.Says("one.test", 300, "127.0.0.1");
        _dns.Says("two.test", 300, "127.0.0.2");
        RequestRouter router = Registry(new SocketsHttpHandler(), maxOrigins: 1);

        Task<string> one = Get(router, $"http://one.test:{_server.Port}/whoami");
        Task<string> two = Get(router, $"http://two.test:{_server.Port}/whoami");

        router.Snapshot().Select(origin => origin.Host).Should().Equal("one.test", "two.test");
        _dns.Release();
        (await one).Should().Be("127.0.0.1");
        (await two).Should().Be("127.0.0.2");
    }

    [Fact]
    public async Task UnusedForOriginIdleTimeout_ClosesAndLeavesNoTimer()
    {
        _dns.Says("svc.test", 3000, "127.0.0.1");
        RequestRouter router = Registry(new SocketsHttpHandler());
        await FluentActions.Awaiting(() => Get(router, "http://svc.test:1/")).Should().ThrowAsync<HttpRequestException>();

        _clock.Advance(TimeSpan.FromMinutes(4));
        router.Snapshot().Should().ContainSingle();
        _clock.Advance(TimeSpan.FromMinutes(2));

        router.Snapshot().Should().BeEmpty();
        await router.WhenDrained();
        await _cache.DisposeAsync();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "the sweep rests");
    }

    [Fact]
    public async Task UnusedButStreaming_StaysOpenUntilTheConnectionCloses()
    {
        _dns.Says("svc.test", 3000, "127.0.0.1");
        RequestRouter router = Registry(new SocketsHttpHandler());
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{_server.Port}/gated");
        HttpResponseMessage response = await router.SendAsync(request, async: true, CancellationToken.None);

        _clock.Advance(TimeSpan.FromMinutes(20));
        router.Snapshot().Should().ContainSingle();
        response.Dispose();
        await Eventually.Holds(() => router.Snapshot().Single().Endpoints.Single().OpenConnections == 0, "the abandoned response's connection closes");
        _clock.Advance(TimeSpan.FromMinutes(6));

        router.Snapshot().Should().BeEmpty();
    }

    [Fact]
    public async Task Closed_NewRequestsGetAnObjectDisposedException()
    {
        RequestRouter router = Registry(new SocketsHttpHandler());
        router.Close();

        (await ErrorOf(request => router.SendAsync(request, async: true, CancellationToken.None), "http://svc.test/")).Should().BeOfType<ObjectDisposedException>();
    }

    private static async Task<string> Get(RequestRouter router, string uri)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        using HttpResponseMessage response = await router.SendAsync(request, async: true, CancellationToken.None);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<Exception> ErrorOf(Func<HttpRequestMessage, Task> send, string? uri)
    {
        using HttpRequestMessage request = new() { RequestUri = uri is null ? null : new Uri(uri, UriKind.RelativeOrAbsolute) };
        return (await FluentActions.Awaiting(() => send(request)).Should().ThrowAsync<Exception>()).Which;
    }

    private RequestRouter Registry(
        SocketsHttpHandler wrapped, Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>>? sendUnmanaged = null, int maxOrigins = 100) =>
        new(new RouterSettings(
            HandlerTemplate.ReadFrom(wrapped), new DnsAwareOptions { MaxOrigins = maxOrigins }, _cache, new PassThrough(sendUnmanaged ?? ((_, _, _) => throw new NotSupportedException())), new Random(1), NullLogger.Instance));

    private sealed class CountingProxy(Uri? proxy) : IWebProxy
    {
        private int _asked;

        public int Asked => _asked;

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination)
        {
            Interlocked.Increment(ref _asked);
            return proxy ?? throw new InvalidOperationException("no proxy today");
        }

        public bool IsBypassed(Uri host) => false;
    }
}
