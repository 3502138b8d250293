using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>An address accepts connections, and serves no request: it costs a request one attempt at most, and soon none.</summary>
public sealed class UnwellAddressTests(ITestOutputHelper output)
{
    private const string Good = "127.0.11.1";
    private const string Unwell = "127.0.11.2";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(HttpProtocols.Http1, 1, LoadBalancingPolicy.LeastRequests)]
    [InlineData(HttpProtocols.Http1, 1, LoadBalancingPolicy.RoundRobin)]
    [InlineData(HttpProtocols.Http2, 1, LoadBalancingPolicy.LeastRequests)]
    [InlineData(HttpProtocols.Http1, 0, LoadBalancingPolicy.LeastRequests)]
    [InlineData(HttpProtocols.Http2, 0, LoadBalancingPolicy.RoundRobin)]
    [InlineData(HttpProtocols.Http1, 1, LoadBalancingPolicy.PeakEwma)]
    public async Task OneNeverAnswersTheHandshake_NoRequestFails(HttpProtocols protocols, int connectTimeoutSeconds, LoadBalancingPolicy policy)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls: true, null, Good);
        using Listener hung = new(Unwell, server.Port);
        TimeSpan connectTimeout = connectTimeoutSeconds == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(connectTimeoutSeconds);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 300, Unwell, Good);
        await using DnsCache cache = new(resolver: dns);
        using DnsAwareHandler handler = new(
            Trusting(new SocketsHttpHandler { ConnectTimeout = connectTimeout }), new DnsAwareOptions { LoadBalancing = policy }, cache);
        SocketsHttpHandler bareHandler = Trusting(BareHandler.Over(Unwell, Good));
        bareHandler.ConnectTimeout = TimeSpan.FromSeconds(1);
        using HttpClient client = Client(handler, server.Port, protocols);
        using HttpClient bare = Client(bareHandler, server.Port, protocols);

        ConcurrentBag<TimeSpan> times = [];
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(client, 5, times)));
        int bareFailures = await CountFailuresAsync(bare, 20);

        output.WriteLine($"the slowest took {times.Max().TotalSeconds:0.0} s; bare: {bareFailures} of 20 failed");
        bareFailures.Should().BeGreaterThan(0, "bare meets the address each time that it is first");
        EndpointSnapshot unwell = handler.GetSnapshot().Origins[0].Endpoints.Last(e => e.Address.Address.ToString() == Unwell);
        unwell.State.Should().Be(EndpointState.Failing);
    }

    [Fact]
    public async Task OneAcceptsAndCloses_CostsFewRequestsHoweverLongItLasts()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, Good);
        await using RawServer closing = RawServer.Start(static _ => Task.CompletedTask, null, server.Port, Unwell);
        ManualTimeProvider clock = new();
        ScriptedResolver dns = new();
        dns.Says("svc.test", 3600, Unwell, Good);
        await using DnsCache cache = new(resolver: dns, timeProvider: clock);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, cache);
        using HttpClient client = Client(handler, server.Port, HttpProtocols.Http1, tls: false);
        using HttpClient bare = Client(BareHandler.Over(Unwell, Good), server.Port, HttpProtocols.Http1, tls: false);

        int failures = 0;
        for (int second = 0; second < 120; second++)
        {
            failures += await CountFailuresAsync(client, 2);
            for (int step = 0; step < 4; step++)
            {
                clock.Advance(TimeSpan.FromMilliseconds(250));
                await Task.Yield();
            }
        }

        int bareFailures = await CountFailuresAsync(bare, 20);
        output.WriteLine($"{failures} of 240 failed in two minutes; bare: {bareFailures} of 20");
        failures.Should().BeLessThanOrEqualTo(10, "three show that it is unwell; then it is tried after growing pauses");
    }

    [Fact]
    public async Task TheOnlyAddressNeverAnswersTheHandshake_TheErrorIsTheRuntimes()
    {
        using Listener hung = new(Unwell, 0);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 300, Unwell);
        await using DnsCache cache = new(resolver: dns);
        SocketsHttpHandler bareHandler = BareHandler.Over(Unwell);
        bareHandler.ConnectTimeout = TimeSpan.FromMilliseconds(300);
        using HttpClient client = Client(
            new DnsAwareHandler(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, null, cache), hung.Port, HttpProtocols.Http1);
        using HttpClient bare = Client(bareHandler, hung.Port, HttpProtocols.Http1);

        TaskCanceledException error = (await client.Invoking(c => c.GetAsync("/")).Should().ThrowAsync<TaskCanceledException>()).Which;
        TaskCanceledException expected = (await bare.Invoking(c => c.GetAsync("/")).Should().ThrowAsync<TaskCanceledException>()).Which;

        error.Message.Should().Be(expected.Message);
        error.InnerException.Should().BeOfType<TimeoutException>().Which.Message.Should().Be(expected.InnerException!.Message);
    }

    [Fact]
    public async Task ItAnswersAgain_ServesAgain()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: true, null, Good);
        ManualTimeProvider clock = new();
        ScriptedResolver dns = new();
        dns.Says("svc.test", 3600, Unwell, Good);
        await using DnsCache cache = new(resolver: dns, timeProvider: clock);
        using DnsAwareHandler handler = new(
            Trusting(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }),
            new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, cache);
        using HttpClient client = Client(handler, server.Port, HttpProtocols.Http1);
        using (Listener hung = new(Unwell, server.Port))
        {
            await Eventually.Holds(() => CountFailuresAsync(client, 1).Result == 0 && StateOf(handler) is EndpointState.Failing, "it is found unwell");
        }

        await using LoopbackServer well = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: true, null, server.Port, Unwell);
        await Eventually.Holds(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(250));
                return CountFailuresAsync(client, 1).Result == 0 && StateOf(handler) is EndpointState.Ready;
            },
            "it is well");
        well.RequestsTo(Unwell).Should().BeGreaterThan(0);
    }

    [Theory]
    [InlineData("closes")]
    [InlineData("waits")]
    public async Task ServerAnswersWithoutReadingAndAcceptsOnce_TheRequestHasItsAnswer(string then)
    {
        foreach (bool isBare in new[] { true, false })
        {
            using Listener once = new("127.0.11.3", 0);
            ScriptedResolver dns = new();
            dns.Says("svc.test", 300, "127.0.11.3");
            await using DnsCache cache = new(resolver: dns);
            using HttpClient client = Client(
                isBare ? BareHandler.Over("127.0.11.3") : new DnsAwareHandler(new SocketsHttpHandler(), null, cache), once.Port, HttpProtocols.Http1, tls: false);
            Task<string> asking = client.GetStringAsync("/");
            using Socket accepted = await once.AcceptOnceAsync();
            await accepted.SendAsync(System.Text.Encoding.ASCII.GetBytes(RawServer.Ok));
            if (then == "closes")
            {
                accepted.Shutdown(SocketShutdown.Send);
            }

            (await asking).Should().Be("hello", isBare ? "bare has it" : "so has this library");
        }
    }

    private static EndpointState StateOf(DnsAwareHandler handler) =>
        handler.GetSnapshot().Origins[0].Endpoints.Last(e => e.Address.Address.ToString() == Unwell).State;

    private static async Task SendAsync(HttpClient client, int count, ConcurrentBag<TimeSpan> times)
    {
        for (int i = 0; i < count; i++)
        {
            long started = Stopwatch.GetTimestamp();
            (await client.GetStringAsync("/whoami")).Should().Be(Good);
            times.Add(Stopwatch.GetElapsedTime(started));
        }
    }

    private static async Task<int> CountFailuresAsync(HttpClient client, int count)
    {
        int failures = 0;
        for (int i = 0; i < count; i++)
        {
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Get, "/whoami") { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
                request.Headers.ConnectionClose = client.DefaultRequestVersion == HttpVersion.Version11 ? true : null;
                using HttpResponseMessage response = await client.SendAsync(request);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                failures++;
            }
        }

        return failures;
    }

    private static SocketsHttpHandler Trusting(SocketsHttpHandler handler)
    {
        handler.SslOptions.RemoteCertificateValidationCallback = delegate { return true; };
        return handler;
    }

    private static HttpClient Client(HttpMessageHandler handler, int port, HttpProtocols protocols, bool tls = true) => new(handler)
    {
        BaseAddress = new Uri($"{(tls ? "https" : "http")}://svc.test:{port}"),
        DefaultRequestVersion = protocols is HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Patience,
    };

    /// <summary>Accepts connections as the operating system does, and leaves them alone.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Listener(string address, int port)
        {
            _socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            _socket.Listen(512);
        }

        public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

        /// <summary>One connection; later ones are refused.</summary>
        public async Task<Socket> AcceptOnceAsync()
        {
            Socket accepted = await _socket.AcceptAsync();
            _socket.Dispose();
            return accepted;
        }

        public void Dispose() => _socket.Dispose();
    }
}
