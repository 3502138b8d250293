using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>One of three addresses is slow: with <see cref="LoadBalancingPolicy.PeakEwma"/> it has next to no requests.</summary>
public sealed class PeakEwmaTests(ITestOutputHelper output)
{
    private const string Slow = "127.0.13.1";

    private static readonly string[] All = [Slow, "127.0.13.2", "127.0.13.3"];

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task OneIsSlow_HasFarFewerRequestsThanWithOtherPolicies(HttpProtocols protocols)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls: false, MapSlow, All);

        int peak = await CountSlowAsync(LoadBalancingPolicy.PeakEwma, server.Port, protocols);
        int least = await CountSlowAsync(LoadBalancingPolicy.LeastRequests, server.Port, protocols);
        int turns = await CountSlowAsync(LoadBalancingPolicy.RoundRobin, server.Port, protocols);

        output.WriteLine($"Of 300: {peak} with PeakEwma, {least} with LeastRequests, {turns} with RoundRobin.");
        peak.Should().BeGreaterThan(0);
        turns.Should().BeGreaterThan(3 * peak);
        least.Should().BeGreaterThan(peak);
    }

    // One request at a time: nothing but the latency tells the addresses apart.
    private static async Task<int> CountSlowAsync(LoadBalancingPolicy policy, int port, HttpProtocols protocols)
    {
        ScriptedResolver dns = new();
        dns.Says("svc.test", 300, All);
        await using DnsCache cache = new(resolver: dns);
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = policy }, cache))
        {
            BaseAddress = new Uri($"http://svc.test:{port}"),
            DefaultRequestVersion = protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        ConcurrentDictionary<string, int> counts = new();
        for (int i = 0; i < 300; i++)
        {
            counts.AddOrUpdate(await client.GetStringAsync("/slow"), 1, static (_, count) => count + 1);
        }

        return counts.GetValueOrDefault(Slow);
    }

    private static void MapSlow(WebApplication app) => app.MapGet("/slow", static async context =>
    {
        string address = context.Connection.LocalIpAddress!.MapToIPv4().ToString();
        await Task.Delay(address == Slow ? 60 : 2, context.RequestAborted);
        await context.Response.WriteAsync(address);
    });
}
