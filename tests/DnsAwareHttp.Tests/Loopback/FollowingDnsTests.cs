using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>The main job over real sockets, with a clock moved by hand and a resolver that says what the test says.</summary>
public sealed class FollowingDnsTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;

    public FollowingDnsTests() => _cache = new DnsCache(resolver: _dns, timeProvider: _clock);

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Fact]
    public async Task Strict_AddressLeavesDns_FinishesItsRequestsAndTakesNoNewOnes()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2");
        DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { Membership = MembershipMode.Strict }, _cache);
        using HttpClient client = new(handler);
        _dns.Says("svc.test", 30, "127.0.0.2");
        using HttpResponseMessage open = await client.GetAsync($"http://svc.test:{server.Port}/gated", HttpCompletionOption.ResponseHeadersRead);

        _dns.Says("svc.test", 30, "127.0.0.1");
        _clock.Advance(TimeSpan.FromSeconds(31));
        // The next question is planned a moment after an answer was told: it may find its time past, and wait for the clock's next move.
        await Eventually.Holds(() => Moves(handler.GetSnapshot().Origins[0].Endpoints.Any(e => e.State == EndpointState.Draining)), "the old address drains");

        (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami")).Should().Be("127.0.0.1");
        handler.GetSnapshot().Origins[0].Endpoints.Should().Contain(e => e.State == EndpointState.Draining && e.OpenConnections == 1);
        server.Gate.SetResult();
        (await open.Content.ReadAsStringAsync()).Should().Be("0123456789abcdefghij");
        await handler.WhenDrained();
        await Eventually.Holds(() => server.OpenConnections == 1, "the old connection closes");
    }

    [Fact]
    public async Task MembershipByHost_TheConnectionsOfThatHostStayAndThoseOfOthersDrain()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2");
        DnsAwareOptions options = new() { Membership = MembershipMode.Strict, MembershipByHost = { ["kept.test"] = MembershipMode.Logical } };
        DnsAwareHandler handler = new(new SocketsHttpHandler(), options, _cache);
        using HttpClient client = new(handler);
        foreach (string name in new[] { "kept.test", "svc.test" })
        {
            _dns.Says(name, 30, "127.0.0.1");
            (await client.GetStringAsync($"http://{name}:{server.Port}/whoami")).Should().Be("127.0.0.1");
            _dns.Says(name, 30, "127.0.0.2");
        }

        _clock.Advance(TimeSpan.FromSeconds(31));

        await Eventually.Holds(() => Moves(Addresses("kept.test").SetEquals(["127.0.0.1", "127.0.0.2"]) && Addresses("svc.test").SetEquals(["127.0.0.2"])), "each has its own mode");

        HashSet<string> Addresses(string host) =>
            [.. handler.GetSnapshot().Origins.Single(o => o.Host == host).Endpoints.Where(e => e.State is not EndpointState.Draining).Select(e => e.Address.Address.ToString())];
    }

    private bool Moves(bool condition)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        return condition;
    }

    [Fact]
    public async Task UnknownName_IsANameResolutionError()
    {
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), cache: _cache));

        HttpRequestException error = (await client.Invoking(c => c.GetAsync("http://nowhere.test/")).Should().ThrowAsync<HttpRequestException>()).Which;

        error.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
        error.Message.Should().Contain("(nowhere.test:80)");
    }
}
