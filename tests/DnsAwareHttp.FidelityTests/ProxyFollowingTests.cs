using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What the runtime cannot do: a proxy's name with several addresses, and one whose addresses change.</summary>
public sealed class ProxyFollowingTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly Transcript _transcript = new();
    private readonly DnsCache _cache;

    public ProxyFollowingTests() => _cache = new DnsCache(resolver: _dns, timeProvider: _clock);

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Theory]
    [InlineData("http", "http")]
    [InlineData("http", "https")]
    [InlineData("https", "http")]
    [InlineData("https", "https")]
    [InlineData("socks4a", "https")]
    [InlineData("socks5", "http")]
    [InlineData("socks5", "https")]
    public async Task ProxysName_IsFollowedAndTheOriginsIsLeftToTheProxy(string scheme, string originScheme)
    {
        await using RawServer origin = Origin(originScheme);
        await using RawServer proxy = Proxy(scheme, "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4");
        using DnsAwareHandler handler = Handler(scheme, proxy.Port);
        using HttpClient client = new(handler);
        _dns.Says("proxy.test", 30, "127.0.0.1", "127.0.0.2");
        await SendUntilBothTookPart("127.0.0.1", "127.0.0.2");

        _dns.Says("proxy.test", 30, "127.0.0.3", "127.0.0.4");
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Moves(Members(handler).SetEquals(["127.0.0.3", "127.0.0.4"])), "the proxy's new addresses are used");
        await SendUntilBothTookPart("127.0.0.3", "127.0.0.4");

        await handler.WhenDrained();
        handler.GetSnapshot().Origins.Should().ContainSingle().Which.Endpoints.Should().HaveCount(2);
        _dns.Questions("origin.test").Should().Be(0);
        proxy.Problems.Should().BeEmpty();

        async Task SendUntilBothTookPart(params string[] addresses)
        {
            using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
            do
            {
                (await client.GetStringAsync($"{originScheme}://origin.test:{origin.Port}/", deadline.Token)).Should().Be("hello");
            }
            while (!addresses.All(address => Endpoints(handler).Any(endpoint => endpoint.Address.Address.ToString() == address && endpoint.TotalRequests > 0)));
        }
    }

    [Theory]
    [InlineData("http", "http")]
    [InlineData("http", "https")]
    [InlineData("https", "https")]
    [InlineData("socks4a", "http")]
    [InlineData("socks5", "https")]
    public async Task DeadAddressOfAProxy_CostsNoRequestAnError(string scheme, string originScheme)
    {
        await using RawServer origin = Origin(originScheme);
        await using RawServer proxy = Proxy(scheme, "127.0.0.2");
        using DnsAwareHandler handler = Handler(scheme, proxy.Port);
        using HttpClient client = new(handler);
        _dns.Says("proxy.test", 30, "127.0.0.1", "127.0.0.2");

        for (int index = 0; index < 10; index++)
        {
            (await client.GetStringAsync($"{originScheme}://origin.test:{origin.Port}/")).Should().Be("hello");
        }
    }

    [Theory]
    [InlineData("403 Forbidden", HttpStatusCode.Forbidden)]
    [InlineData("407 Who", HttpStatusCode.ProxyAuthenticationRequired)]
    [InlineData("421 Misdirected Request", HttpStatusCode.MisdirectedRequest)]
    [InlineData("502 Bad Gateway", HttpStatusCode.BadGateway)]
    public async Task ProxyThatRefusesATunnel_IsAliveAndAskedOnce(string status, HttpStatusCode expected)
    {
        await using RawServer proxy = RawServer.Start(ProxyScript.Http(_ => $"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"), null, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler("http", proxy.Port);
        using HttpClient client = new(handler);

        await FailsAsOften(client, "https://origin.test/", 6, HttpRequestError.ProxyTunnelError, expected);

        string[] asked = proxy.Wire.Split("CONNECT ");
        (asked.Length - 1).Should().Be(6);
        NoneIsAvoided(handler);
    }

    [Theory]
    [InlineData("socks4a", 0x5B)]
    [InlineData("socks5", 0x05)]
    public async Task SocksProxyThatRefusesATunnel_IsAliveAndAskedOnce(string scheme, byte reply)
    {
        await using RawServer proxy = RawServer.Start(scheme == "socks5" ? ProxyScript.Socks5(_transcript, reply: reply) : ProxyScript.Socks4(_transcript, reply), null, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler(scheme, proxy.Port);
        using HttpClient client = new(handler);

        await FailsAsOften(client, "http://origin.test:80/", 6, HttpRequestError.ProxyTunnelError, null);

        _transcript.ToString().Split("host origin.test").Should().HaveCount(7);
        NoneIsAvoided(handler);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    [InlineData("socks5")]
    public async Task OriginWhoseTlsFails_IsAskedOnceAndTheProxyIsNotBlamed(string scheme)
    {
        await using RawServer origin = RawServer.Start(static async connection => await connection.WriteAsync("this is no TLS at all, nothing like it"));
        await using RawServer proxy = Proxy(scheme, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler(scheme, proxy.Port);
        using HttpClient client = new(handler);

        await FailsAsOften(client, $"https://origin.test:{origin.Port}/", 6, HttpRequestError.SecureConnectionError, null);

        origin.Connections.Should().HaveCount(6);
        NoneIsAvoided(handler);
    }

    [Theory]
    [InlineData("http", "https")]
    [InlineData("socks5", "http")]
    public async Task OriginThatBreaksConnections_IsNotTheProxysFault(string scheme, string originScheme)
    {
        await using RawServer origin = RawServer.Start(static connection => connection.ReadRequestAsync(), originScheme == "https" ? RawServer.Tls() : null);
        await using RawServer proxy = Proxy(scheme, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler(scheme, proxy.Port);
        using HttpClient client = new(handler);

        for (int index = 0; index < 6; index++)
        {
            await FluentActions.Awaiting(() => client.PostAsync($"{originScheme}://origin.test:{origin.Port}/", new StringContent("once"))).Should().ThrowAsync<HttpRequestException>();
        }

        NoneIsAvoided(handler);
    }

    [Fact]
    public async Task ProxyThatBreaksPlainRequests_IsAvoided()
    {
        await using RawServer proxy = RawServer.Start(
            static connection => connection.Local.Address.ToString() == "127.0.0.1" ? connection.ReadRequestAsync() : ProxyScript.Http()(connection), null, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler("http", proxy.Port);
        using HttpClient client = new(handler);

        await Eventually.Holds(
            () =>
            {
                try
                {
                    using HttpResponseMessage response = client.Send(new HttpRequestMessage(HttpMethod.Post, "http://origin.test/") { Content = new StringContent("once") });
                }
                catch (HttpRequestException)
                {
                }

                return Endpoints(handler).Any(endpoint => endpoint.State is EndpointState.Failing && endpoint.Address.Address.ToString() == "127.0.0.1");
            },
            "the proxy's broken address is avoided");
    }

    [Theory]
    [InlineData("http", "http")]
    [InlineData("http", "https")]
    [InlineData("socks5", "http")]
    public async Task Answer421ThroughAProxy_IsTheAnswer(string scheme, string originScheme)
    {
        const string Misdirected = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n";
        await using RawServer origin = RawServer.Start(RawServer.Answering(static _ => Misdirected), originScheme == "https" ? RawServer.Tls() : null);
        int asked = 0;
        await using RawServer proxy = RawServer.Start(
            scheme == "socks5" ? ProxyScript.Socks5(_transcript) : ProxyScript.Http(request => request.Method == "CONNECT" ? null : (Interlocked.Increment(ref asked) > 0 ? Misdirected : null)),
            null, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler(scheme, proxy.Port);
        using HttpClient client = new(handler);

        for (int index = 0; index < 4; index++)
        {
            using HttpResponseMessage response = await client.GetAsync($"{originScheme}://origin.test:{origin.Port}/");
            response.StatusCode.Should().Be(HttpStatusCode.MisdirectedRequest);
        }

        (asked + origin.Wire.Split("GET /").Length - 1).Should().Be(4);
        NoneIsAvoided(handler);
    }

    private static RawServer Origin(string scheme) => RawServer.Start(RawServer.Answering(static _ => RawServer.Ok), scheme == "https" ? RawServer.Tls() : null);

    private static async Task FailsAsOften(HttpClient client, string uri, int times, HttpRequestError kind, HttpStatusCode? status)
    {
        for (int index = 0; index < times; index++)
        {
            HttpRequestException failure = (await FluentActions.Awaiting(() => client.GetAsync(uri)).Should().ThrowAsync<HttpRequestException>()).Which;
            failure.HttpRequestError.Should().Be(kind);
            failure.StatusCode.Should().Be(status);
        }
    }

    private static void NoneIsAvoided(DnsAwareHandler handler) =>
        Endpoints(handler).Should().HaveCount(2).And.NotContain(endpoint => endpoint.State == EndpointState.Failing || endpoint.Reason.Contains("421", StringComparison.Ordinal));

    private static ImmutableArray<EndpointSnapshot> Endpoints(DnsAwareHandler handler) => handler.GetSnapshot().Origins.Single().Endpoints;

    private static HashSet<string> Members(DnsAwareHandler handler) =>
        [.. Endpoints(handler).Where(endpoint => endpoint.State is not EndpointState.Draining).Select(endpoint => endpoint.Address.Address.ToString())];

    private RawServer Proxy(string scheme, params string[] addresses) => RawServer.Start(ProxyScript.Of(scheme, _transcript), scheme == "https" ? RawServer.Tls() : null, addresses);

    private DnsAwareHandler Handler(string scheme, int port)
    {
        _dns.Says("proxy.test", 30, "127.0.0.1", "127.0.0.2");
        DnsAwareOptions options = new() { Membership = MembershipMode.Strict, LoadBalancing = LoadBalancingPolicy.RoundRobin };
        return new DnsAwareHandler(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{port}") }), options, _cache);
    }

    private bool Moves(bool condition)
    {
        if (!condition)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        return condition;
    }
}
