using System.Runtime.CompilerServices;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Simulation;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Handlers that the application dropped without disposal are collected with their connections, as the runtime's own.</summary>
[Collection(nameof(Alone))]
public sealed class UndisposedHandlersTests : IAsyncLifetime
{
    private const int Handlers = 100;

    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _shared;
    private LoopbackServer _server = null!;

    public UndisposedHandlersTests() => _shared = new DnsCache(resolver: _dns);

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        _dns.Says("svc.test", 1, "127.0.0.1");
        _dns.Says("half.test", 1, "127.0.0.1", "127.0.0.3");
        _dns.SaysService("_http._tcp.orders.test", 1, ("svc.test", _server.Port, 0, 0));
    }

    public async Task DisposeAsync()
    {
        await _shared.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public Task Bare() => Dropped_AreCollected("127.0.0.1", static () => new SocketsHttpHandler());

    [Fact]
    public Task WithAllDefaults() => Dropped_AreCollected("127.0.0.1", static () => new DnsAwareHandler());

    [Fact]
    public Task WithAllDefaultsAndAName() => Dropped_AreCollected("localhost", static () => new DnsAwareHandler());

    [Fact]
    public Task WithACacheOfTheirOwn() =>
        Dropped_AreCollected("svc.test", () => new DnsAwareHandler(new SocketsHttpHandler(), null, new DnsCache(resolver: _dns)));

    [Fact]
    public Task WithASharedCache() =>
        Dropped_AreCollected("svc.test", () => new DnsAwareHandler(new SocketsHttpHandler(), null, _shared));

    [Fact]
    public Task WithAnAddressThatFails() =>
        Dropped_AreCollected("half.test", () => new DnsAwareHandler(new SocketsHttpHandler(), null, _shared), HasFailing);

    [Fact]
    public Task WithAService() =>
        Dropped_AreCollected(
            "orders.test",
            () => new DnsAwareHandler(
                new SocketsHttpHandler(),
                new DnsAwareOptions { ServiceRecords = { ["orders.test"] = "_http._tcp.orders.test" } },
                _shared));

    [Fact]
    public Task WithAProbe() =>
        Dropped_AreCollected(
            "svc.test",
            () => new DnsAwareHandler(
                new SocketsHttpHandler(),
                new DnsAwareOptions { Probe = new EndpointProbe { Path = "/whoami", Interval = TimeSpan.FromSeconds(1) } },
                _shared));

    private static bool HasFailing(HttpMessageHandler handler) => ((DnsAwareHandler)handler).GetSnapshot().Origins
        .SelectMany(origin => origin.Endpoints).Any(endpoint => endpoint.State is EndpointState.Failing);

    private async Task Dropped_AreCollected(string host, Func<HttpMessageHandler> make, Func<HttpMessageHandler, bool>? isUsed = null)
    {
        WeakReference[] handlers = new WeakReference[Handlers];
        for (int i = 0; i < Handlers; i++)
        {
            handlers[i] = await UseAndDrop($"http://{host}:{_server.Port}/whoami", make(), isUsed);
        }

        _server.OpenConnections.Should().BeGreaterThan(0);
        await Eventually.Holds(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return _server.OpenConnections == 0 && Array.TrueForAll(handlers, static handler => !handler.IsAlive);
            },
            "all handlers are collected, and their connections close");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAndDrop(string url, HttpMessageHandler handler, Func<HttpMessageHandler, bool>? isUsed)
    {
        HttpClient client = new(handler);
        int requests = 0;
        do
        {
            (await client.GetStringAsync(url)).Should().Be("127.0.0.1");
        }
        while (isUsed?.Invoke(handler) == false && ++requests < 50);

        (isUsed?.Invoke(handler) ?? true).Should().BeTrue();
        return new WeakReference(handler);
    }
}
