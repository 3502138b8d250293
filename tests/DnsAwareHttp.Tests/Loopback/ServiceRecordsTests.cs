using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Origins found by SRV records: a real DNS server, and web servers at ports of their own.</summary>
public sealed class ServiceRecordsTests : IAsyncLifetime
{
    private const string Service = "_http._tcp.orders.test";

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedDnsServer _dns = ScriptedDnsServer.Start();
    private readonly DnsCache _cache;
    private LoopbackServer _one = null!;
    private LoopbackServer _two = null!;

    public ServiceRecordsTests() =>
        _cache = new DnsCache(new DnsCacheOptions { NameServers = [_dns.Address], NameSources = [NameSource.Dns], QueryTimeout = TimeSpan.FromSeconds(20) }, timeProvider: _clock);

    public async Task InitializeAsync()
    {
        _one = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, "127.0.0.1");
        _two = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, "127.0.0.1");
        _dns.Says("one.test", 300, "127.0.0.1");
        _dns.Says("two.test", 300, "127.0.0.1");
    }

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _dns.DisposeAsync();
    }

    [Fact]
    public async Task Requests_GoToTheTargetsPortsAndStayAsTheyAre()
    {
        _dns.SaysService(Service, 300, ("one.test", _one.Port, 1, 3), ("two.test", _two.Port, 1, 1));
        using HttpClient client = Client(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin });
        await Eventually.Answers(() => client.GetStringAsync("http://orders.test/where"), $"orders.test 127.0.0.1:{_two.Port}");
        await Eventually.Answers(() => client.GetStringAsync("http://orders.test/where"), $"orders.test 127.0.0.1:{_one.Port}");

        // The one that was known later is as warm as the other by now, and looked at.
        _clock.Advance(TimeSpan.FromSeconds(11));
        _ = await client.GetStringAsync("http://orders.test/where");
        _clock.Advance(TimeSpan.FromSeconds(1));
        int before = _one.RequestsTo("127.0.0.1");
        for (int i = 0; i < 400; i++)
        {
            (await client.GetStringAsync("http://orders.test/where")).Should().StartWith("orders.test ", "the Host header is the origin's own");
        }

        (_one.RequestsTo("127.0.0.1") - before).Should().BeCloseTo(300, 5);
        _dns.Queries("orders.test").Should().Be(0);
    }

    [Fact]
    public async Task Tls_ServerNameAndCertificateAreTheOriginsOwn()
    {
        string? asked = null;
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1AndHttp2, tls: true, Map, "127.0.0.1");
        _dns.SaysService(Service, 300, ("one.test", server.Port, 1, 1));
        SocketsHttpHandler inner = new();
        inner.SslOptions.RemoteCertificateValidationCallback = (sender, _, _, _) =>
        {
            asked = ((SslStream)sender).TargetHostName;
            return true;
        };
        using HttpClient client = Client(new DnsAwareOptions(), inner);

        string sent = await client.GetStringAsync("https://orders.test/where");

        asked.Should().Be("orders.test");
        sent.Should().Be($"orders.test 127.0.0.1:{server.Port}");
    }

    [Fact]
    public async Task ServerOfTheFirstPriorityDies_TheNextOneServesWithoutAnError_AndTheFirstAgainWhenItIsBack()
    {
        _dns.SaysService(Service, 300, ("one.test", _one.Port, 1, 0), ("two.test", _two.Port, 2, 0));
        DnsAwareHandler handler = Handler(new DnsAwareOptions());
        using HttpClient client = new(handler);
        _ = await client.GetStringAsync("http://orders.test/where");
        await Eventually.Holds(() => handler.GetSnapshot().Origins[0].Endpoints.Length == 2, "both targets are known");
        (await client.GetStringAsync("http://orders.test/where")).Should().EndWith($":{_one.Port}");
        await _one.DisposeAsync();

        (await client.GetStringAsync("http://orders.test/where")).Should().EndWith($":{_two.Port}");

        int port = _one.Port;
        _one = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, port, "127.0.0.1");
        await Eventually.Answers(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                return client.GetStringAsync("http://orders.test/where");
            },
            $"orders.test 127.0.0.1:{port}");
    }

    [Fact]
    public async Task RecordsChange_NewRequestsFollowAndTheBodyInFlightEnds()
    {
        _dns.SaysService(Service, 30, ("one.test", _one.Port, 1, 0));
        DnsAwareHandler handler = Handler(new DnsAwareOptions());
        using HttpClient client = new(handler);
        using HttpResponseMessage open = await client.GetAsync("http://orders.test/gated", HttpCompletionOption.ResponseHeadersRead);
        _dns.SaysService(Service, 30, ("two.test", _two.Port, 1, 0));
        _clock.Advance(TimeSpan.FromSeconds(30.2));

        await Eventually.Answers(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(1));
                return client.GetStringAsync("http://orders.test/where");
            },
            $"orders.test 127.0.0.1:{_two.Port}");
        await Eventually.Holds(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(10));
                return handler.GetSnapshot().Origins.Single().Endpoints.Any(endpoint =>
                    endpoint.State == EndpointState.Draining && endpoint.Address.Port == _one.Port && endpoint.OpenConnections == 1 && endpoint.Reason == "its target left the SRV records");
            },
            "the old one drains");
        _one.Gate.SetResult();
        (await open.Content.ReadAsStringAsync()).Should().Be("0123456789abcdefghij");
        await handler.WhenDrained();
    }

    [Fact]
    public async Task Proxy_IsNoService()
    {
        _dns.Says("proxy.test", 300, "127.0.0.1");
        DnsAwareOptions options = new() { ServiceRecords = { ["proxy.test"] = Service } };
        using HttpClient client = Client(options, new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{_one.Port}") });

        (await client.GetStringAsync("http://orders.test/where")).Should().Be($"orders.test 127.0.0.1:{_one.Port}");
        _dns.ServiceQueries(Service).Should().Be(0);
    }

    [Fact]
    public async Task Selector_IsAskedForOriginsThatAreNotListed()
    {
        _dns.SaysService("_found._tcp.test", 300, ("one.test", _one.Port, 1, 1));
        DnsAwareOptions options = new() { ServiceRecordSelector = static (host, port) => host == "found.test" && port == 8080 ? "_found._tcp.test" : null };
        using HttpClient client = Client(options);

        (await client.GetStringAsync("http://found.test:8080/where")).Should().Be($"found.test:8080 127.0.0.1:{_one.Port}");
        (await client.GetStringAsync($"http://two.test:{_two.Port}/where")).Should().EndWith($":{_two.Port}");
    }

    [Fact]
    public async Task SelectorThrows_TheRequestFailsWithIt()
    {
        using HttpClient client = Client(new DnsAwareOptions { ServiceRecordSelector = static (_, _) => throw new FormatException("no such tenant") });

        await client.Invoking(c => c.GetAsync("http://found.test/")).Should().ThrowAsync<FormatException>().WithMessage("no such tenant");
    }

    [Fact]
    public async Task ResolverOfOnesOwn_TheErrorNamesTheRemedy()
    {
        await using DnsCache cache = new(resolver: new CustomResolver((_, _) => new ValueTask<Answer>(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(30)))));
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { ServiceRecords = { ["orders.test"] = Service } }, cache));

        HttpRequestException error = (await client.Invoking(c => c.GetAsync("http://orders.test/")).Should().ThrowAsync<HttpRequestException>()).Which;

        error.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
        error.Message.Should().Contain("CustomResolver cannot be asked for SRV records").And.Contain("ServiceRecords").And.EndWith("(orders.test:80)");
    }

    private HttpClient Client(DnsAwareOptions options, SocketsHttpHandler? inner = null) => new(Handler(options, inner));

    private DnsAwareHandler Handler(DnsAwareOptions options, SocketsHttpHandler? inner = null)
    {
        if (options.ServiceRecords.Count == 0 && options.ServiceRecordSelector is null)
        {
            options.ServiceRecords["ORDERS.test"] = Service;
        }

        options.AddressFamily = AddressFamily.InterNetwork;
        return new DnsAwareHandler(inner ?? new SocketsHttpHandler(), options, _cache);
    }

    private static void Map(WebApplication app) =>
        app.MapGet("/where", (HttpContext context) => $"{context.Request.Host} {context.Connection.LocalIpAddress}:{context.Connection.LocalPort}");
}
