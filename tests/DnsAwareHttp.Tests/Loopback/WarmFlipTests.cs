using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>
/// All addresses are replaced by new ones, and the load grows to the tenfold at the same moment: no request waits for a handshake, because
/// probes opened the connections.
/// </summary>
public sealed class WarmFlipTests : IAsyncLifetime
{
    private const int Flips = 5;
    private const int Burst = 10;
    private const int Addresses = 3;

    private static readonly AsyncLocal<bool> IsOfTheApplication = new();

    private readonly ScriptedResolver _dns = new();
    private readonly MeterFactoryOfTheTest _meters = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentBag<string> _failures = [];
    private DnsCache _cache = null!;
    private int _waits;
    private int _waitsOfProbes;
    private int _sent;

    public Task InitializeAsync()
    {
        _cache = new DnsCache(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100) }, _dns);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "http.client.request.time_in_queue" && instrument.Meter.Scope == _meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };

        // The runtime measures a request that was not sent at once: in the context of the request, and probes have none.
        _listener.SetMeasurementEventCallback<double>(
            (_, _, _, _) => Interlocked.Increment(ref IsOfTheApplication.Value ? ref _waits : ref _waitsOfProbes));
        _listener.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _listener.Dispose();
        _meters.Dispose();
        await _cache.DisposeAsync();
    }

    [Theory]
    [InlineData(HttpProtocols.Http2, 8, 100_000)]
    [InlineData(HttpProtocols.Http1, 0, 10_000)]
    public async Task FlipsAndBursts_NoRequestWaitsForAHandshake(HttpProtocols protocols, int workers, int requests)
    {
        string[] addresses = [.. Enumerable.Range(1, Addresses * (Flips + 1)).Select(i => $"127.0.29.{i}")];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls: true, null, addresses);
        using DnsAwareHandler handler = Handler(protocols);
        using HttpClient client = ClientOf(handler, server, protocols);
        _dns.Says("svc.test", 0, addresses[..Addresses]);
        await handler.WarmUpAsync(client.BaseAddress!);

        for (int flip = 1; flip <= Flips; flip++)
        {
            await LoadAsync(client, Math.Max(workers, 1), requests / Flips / (Burst + 1));
            string[] next = addresses[(flip * Addresses)..((flip + 1) * Addresses)];
            _dns.Says("svc.test", 0, next);

            // Over HTTP/1.1 each request at a time needs a connection of its own, and a probe opens one for each address.
            await LoadAsync(client, Math.Max(workers * Burst, 1), requests / Flips * Burst / (Burst + 1));
            await Eventually.Holds(() => Members(handler).SetEquals(next), $"flip {flip} is followed");
        }

        _failures.Should().BeEmpty();
        _sent.Should().BeGreaterThan(requests * 9 / 10);
        _waitsOfProbes.Should().BeGreaterThanOrEqualTo(addresses.Length, "each connection was opened by a probe, which waited for it");
        _waits.Should().Be(0, "a warm endpoint had room all the time");
    }

    private static HttpClient ClientOf(HttpMessageHandler handler, LoopbackServer server, HttpProtocols protocols) => new(handler, disposeHandler: false)
    {
        BaseAddress = new Uri($"https://svc.test:{server.Port}"),
        DefaultRequestVersion = VersionOf(protocols),
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Version VersionOf(HttpProtocols protocols) => protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;

    private DnsAwareHandler Handler(HttpProtocols protocols)
    {
        SocketsHttpHandler wrapped = new() { MeterFactory = _meters };
        wrapped.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        EndpointProbe probe = new()
        {
            Path = "/whoami",
            Timeout = TimeSpan.FromMinutes(1),
            Version = VersionOf(protocols),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return new DnsAwareHandler(wrapped, new DnsAwareOptions { Membership = MembershipMode.Strict, Probe = probe }, _cache);
    }

    private async Task LoadAsync(HttpClient client, int workers, int requests)
    {
        int left = requests;
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            IsOfTheApplication.Value = true;
            while (Interlocked.Decrement(ref left) >= 0)
            {
                try
                {
                    await client.GetStringAsync("/whoami");
                    Interlocked.Increment(ref _sent);
                }
                catch (Exception exception)
                {
                    _failures.Add(exception.ToString());
                }
            }
        })));
    }

    private static HashSet<string> Members(DnsAwareHandler handler) =>
        [.. handler.GetSnapshot().Origins.SelectMany(o => o.Endpoints).Where(e => e.State is not EndpointState.Draining).Select(e => e.Address.Address.ToString())];

    /// <summary>Meters of this test alone.</summary>
    private sealed class MeterFactoryOfTheTest : IMeterFactory
    {
        private readonly ConcurrentBag<Meter> _made = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            Meter meter = new(options);
            _made.Add(meter);
            return meter;
        }

        public void Dispose()
        {
            foreach (Meter meter in _made)
            {
                meter.Dispose();
            }
        }
    }
}
