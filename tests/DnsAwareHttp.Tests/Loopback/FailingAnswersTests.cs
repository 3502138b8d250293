using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>One address answers failures, or not at all, beside others that answer well: it soon has no requests.</summary>
public sealed class FailingAnswersTests(ITestOutputHelper output)
{
    private const string Sick = "127.0.12.1";

    [Theory]
    [InlineData(2, HttpProtocols.Http1, LoadBalancingPolicy.LeastRequests)]
    [InlineData(3, HttpProtocols.Http1, LoadBalancingPolicy.LeastRequests)]
    [InlineData(3, HttpProtocols.Http2, LoadBalancingPolicy.LeastRequests)]
    [InlineData(8, HttpProtocols.Http1, LoadBalancingPolicy.LeastRequests)]
    [InlineData(8, HttpProtocols.Http2, LoadBalancingPolicy.RoundRobin)]
    [InlineData(3, HttpProtocols.Http1, LoadBalancingPolicy.RoundRobin)]
    [InlineData(3, HttpProtocols.Http1, LoadBalancingPolicy.PeakEwma)]
    public async Task OneAnswers503AtOnce_FewRequestsAreHurt(int addresses, HttpProtocols protocols, LoadBalancingPolicy policy)
    {
        using CapturingLogger log = new();
        string[] all = [.. Enumerable.Range(1, addresses).Select(i => $"127.0.12.{i}")];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls: false, MapSick, all);
        await using DnsCache cache = new(resolver: Dns(all));
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = policy }, cache, log);

        int hurt = await CountHurtAsync(Client(handler, server.Port, protocols), callers: 8, each: 100);
        int bareHurt = await CountHurtAsync(Client(BareHandler.Over(all), server.Port, protocols), callers: 8, each: 100);

        output.WriteLine($"{hurt} of 800 hurt; bare: {bareHurt}. {string.Join(" ", log.TextsOf("EndpointEjected"))}");
        hurt.Should().BeLessThan(120);
        Snapshot(handler).State.Should().Be(EndpointState.Ejected);
    }

    [Theory]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.PeakEwma)]
    public async Task OneNeverAnswers_ItIsEjectedWhenItsCallersGaveUp(LoadBalancingPolicy policy)
    {
        string[] all = [Sick, "127.0.12.2", "127.0.12.3"];
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, MapSick, all);
        await using DnsCache cache = new(resolver: Dns(all));
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = policy }, cache);
        using HttpClient client = Client(handler, server.Port, HttpProtocols.Http1);
        client.Timeout = TimeSpan.FromSeconds(1);

        int hurt = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            for (int i = 0; i < 2000 && Snapshot(handler)?.State is not EndpointState.Ejected; i++)
            {
                try
                {
                    using HttpResponseMessage response = await client.GetAsync("/hang");
                }
                catch (TaskCanceledException)
                {
                    Interlocked.Increment(ref hurt);
                }
            }
        }));

        output.WriteLine($"{hurt} requests had no answer");
        Snapshot(handler).State.Should().Be(EndpointState.Ejected);
        Snapshot(handler).Reason.Should().Contain("no answer until its caller gave up");
    }

    [Fact]
    public async Task AllAnswer503_NobodyIsEjectedAndBareSeesTheSame()
    {
        string[] all = [Sick, "127.0.12.2", "127.0.12.3"];
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, MapSick, all);
        await using DnsCache cache = new(resolver: Dns(all));
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, cache);

        int hurt = await CountHurtAsync(Client(handler, server.Port, HttpProtocols.Http1), callers: 8, each: 50, "/all-sick");
        int bareHurt = await CountHurtAsync(Client(BareHandler.Over(all), server.Port, HttpProtocols.Http1), callers: 8, each: 50, "/all-sick");

        hurt.Should().Be(400).And.Be(bareHurt);
        handler.GetSnapshot().Origins[0].Endpoints.Should().NotContain(endpoint => endpoint.State == EndpointState.Ejected);
    }

    private static void MapSick(WebApplication app)
    {
        app.MapGet("/work", async (HttpContext context) =>
        {
            if (IsSick(context))
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }

            await Task.Delay(10, context.RequestAborted);
        });
        app.MapGet("/hang", (HttpContext context) =>
            IsSick(context) ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.Delay(10, context.RequestAborted));
        app.MapGet("/all-sick", static () => Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
    }

    private static bool IsSick(HttpContext context) => context.Connection.LocalIpAddress!.ToString() == Sick;

    private static ScriptedResolver Dns(string[] addresses)
    {
        ScriptedResolver dns = new();
        dns.Says("svc.test", 300, addresses);
        return dns;
    }

    private static async Task<int> CountHurtAsync(HttpClient client, int callers, int each, string path = "/work")
    {
        using HttpClient used = client;
        ConcurrentBag<HttpStatusCode> statuses = [];
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (int i = 0; i < each; i++)
            {
                using HttpResponseMessage response = await used.GetAsync(path);
                statuses.Add(response.StatusCode);
            }
        }));
        return statuses.Count(static status => status is not HttpStatusCode.OK);
    }

    private static HttpClient Client(HttpMessageHandler handler, int port, HttpProtocols protocols) => new(handler, disposeHandler: false)
    {
        BaseAddress = new Uri($"http://svc.test:{port}"),
        DefaultRequestVersion = protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(60),
    };

    private static EndpointSnapshot Snapshot(DnsAwareHandler handler) =>
        handler.GetSnapshot().Origins.SelectMany(static origin => origin.Endpoints).FirstOrDefault(endpoint => endpoint.Address.Address.ToString() == Sick)!;
}
