using System.Text.Json;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>The snapshot while an address leaves, and its JSON.</summary>
public sealed class OriginViewTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;

    public OriginViewTests() => _cache = new DnsCache(resolver: _dns, timeProvider: _clock);

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Fact]
    public async Task Drain_IsSeenWithReasonAndProgress_AndInTheChangesAndTheJson()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { Membership = MembershipMode.Strict, DrainTimeout = TimeSpan.FromSeconds(60) }, _cache);
        using HttpClient client = new(handler);
        _dns.Says("svc.test", 30, "127.0.0.2");
        using HttpResponseMessage open = await client.GetAsync($"http://svc.test:{server.Port}/gated", HttpCompletionOption.ResponseHeadersRead);
        _dns.Says("svc.test", 30, "127.0.0.1");
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Moves(Draining(handler) is not null), "the old address drains");

        EndpointSnapshot draining = Draining(handler)!;

        draining.Drain!.Reason.Should().Be(DepartureReason.LeftDns);
        (draining.Drain.ConnectionsAtStart, draining.OpenConnections, draining.IsPreferred).Should().Be((1, 1, false));
        draining.Drain.CutAt.Should().Be(draining.Since + TimeSpan.FromSeconds(60));
        using JsonDocument json = JsonDocument.Parse(handler.GetSnapshot().ToJson());
        JsonElement origin = json.RootElement.GetProperty("origins")[0];
        origin.GetProperty("answer").GetProperty("latest").GetProperty("outcome").GetString().Should().Be("found");
        origin.GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("state").GetString()).Should().Contain("Draining");
        json.RootElement.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("change").GetString())
            .Should().Equal("endpointJoined", "endpointJoined", "endpointLeft");

        server.Gate.SetResult();
        _ = await open.Content.ReadAsStringAsync();
        await handler.WhenDrained();
        handler.GetSnapshot().Changes.Last().Should().BeOfType<DnsAwareChange.DrainEnded>().Which.Should().BeEquivalentTo(new { Graceful = 1, Cut = 0 });
    }

    [Fact]
    public async Task Traffic_IsSharedAmongTheEndpoints()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, _cache);
        using HttpClient client = new(handler);
        _dns.Says("svc.test", 300, "127.0.0.1", "127.0.0.2");
        for (int i = 0; i < 10; i++)
        {
            _ = await client.GetStringAsync($"http://svc.test:{server.Port}/whoami");
        }

        await Eventually.Holds(() => Moves(handler.GetSnapshot().Origins[0].Endpoints.Sum(e => e.TrafficShare ?? 0) > 0.99, 250), "a sample is taken");
    }

    private static EndpointSnapshot? Draining(DnsAwareHandler handler) =>
        handler.GetSnapshot().Origins[0].Endpoints.FirstOrDefault(e => e.State is EndpointState.Draining);

    private bool Moves(bool condition, int milliseconds = 1)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return condition;
    }
}
