using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>An open connection is not room: streams, long polls and full HTTP/2 connections let other requests go elsewhere.</summary>
public sealed class RoomTests : IAsyncLifetime
{
    private const string One = "127.0.21.1";
    private const string Two = "127.0.21.2";
    private const string Three = "127.0.21.3";
    private const string Four = "127.0.21.4";

    private readonly ScriptedResolver _dns = new();
    private readonly ConcurrentDictionary<string, int> _polls = new();
    private DnsCache _cache = null!;
    private LoopbackServer? _server;

    public Task InitializeAsync()
    {
        _cache = new DnsCache(resolver: _dns);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _cache.DisposeAsync();
    }

    [LinuxTheory]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.PeakEwma)]
    public async Task AStreamIsOpenOnEachAndOneBeginsToSwallow_NoShortRequestWaitsForIt(LoadBalancingPolicy policy)
    {
        await StartAsync(HttpProtocols.Http1, One, Two);
        using HttpClient client = Client(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = policy, ConnectTimeout = TimeSpan.FromMinutes(2) });
        List<HttpResponseMessage> streams = await OpenOneStreamOnEachAsync(client, One, Two);
        _server!.SwallowConnects(One);

        List<TimeSpan> times = [];
        for (int i = 0; i < 20; i++)
        {
            times.Add(await TimeOf(() => client.GetStringAsync(Url("/whoami"))));
        }

        times.Max().Should().BeLessThan(TimeSpan.FromMinutes(1), "no request waits for the connect");
        streams.ForEach(static stream => stream.Dispose());
    }

    [Fact]
    public async Task LongPollsAndOneConnectionForEachAddress_EachIsAtAnAddressOfItsOwn()
    {
        await StartAsync(HttpProtocols.Http1, One, Two, Three, Four);
        using HttpClient client = Client(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });

        Task<string>[] polls = [.. Enumerable.Range(0, 4).Select(_ => client.GetStringAsync(Url("/poll")))];

        await Eventually.Holds(() => _polls.Values.Sum() == 4, "all polls are served at the same time");
        _polls.Values.Should().Equal(1, 1, 1, 1);
        _server!.Gate.SetResult();
        await Task.WhenAll(polls);
    }

    [Fact]
    public async Task AConnectionIsOpenAndItsRequestIsNotSentYet_TheNextRequestIsAtAnotherAddress()
    {
        await StartAsync(HttpProtocols.Http1, One, Two, Three, Four);
        ConcurrentBag<string> made = [];
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using HttpClient client = Client(new SocketsHttpHandler { MaxConnectionsPerServer = 1, PlaintextStreamFilter = HoldAsync });

        List<Task<string>> polls = [];
        for (int count = 1; count <= 4; count++)
        {
            polls.Add(client.GetStringAsync(Url("/poll")));
            await Eventually.Holds(() => made.Count == count, "each poll has a connection of its own");
        }

        go.SetResult();
        await Eventually.Holds(() => _polls.Values.Sum() == 4, "all polls are served at the same time");
        _polls.Values.Should().Equal(1, 1, 1, 1);
        _server!.Gate.SetResult();
        await Task.WhenAll(polls);

        async ValueTask<Stream> HoldAsync(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
        {
            made.Add("made");
            await go.Task.WaitAsync(cancellationToken);
            return context.PlaintextStream;
        }
    }

    [Theory]
    [InlineData("/poll")]
    [InlineData("/gated")]
    public async Task TwoConnectionsForEachAddress_LongOnesAreSpreadAndShortOnesDoNotWait(string path)
    {
        await StartAsync(HttpProtocols.Http1, One, Two);
        using HttpClient client = Client(new SocketsHttpHandler { MaxConnectionsPerServer = 2 });

        Task<HttpResponseMessage>[] polls = [.. Enumerable.Range(0, 2).Select(_ => client.GetAsync(Url(path), HttpCompletionOption.ResponseHeadersRead))];
        await Eventually.Holds(() => Served(path) == 2, "both are served");
        for (int i = 0; i < 20; i++)
        {
            (await client.GetStringAsync(Url("/whoami")).WaitAsync(TimeSpan.FromSeconds(30))).Should().BeOneOf(One, Two);
        }

        _server!.RequestsTo(One).Should().BeGreaterThan(0);
        _server.RequestsTo(Two).Should().BeGreaterThan(0);
        _server.Gate.SetResult();
        foreach (Task<HttpResponseMessage> poll in polls)
        {
            (await poll).Dispose();
        }
    }

    [Theory]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.PeakEwma)]
    public async Task ConnectionsOfOneAddressAreAllTaken_RequestsGoToTheOther(LoadBalancingPolicy policy)
    {
        await StartAsync(HttpProtocols.Http1, One, Two);
        using HttpClient client = Client(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }, new DnsAwareOptions { LoadBalancing = policy });
        Task<string> poll = client.GetStringAsync(Url("/poll"));
        await Eventually.Holds(() => _polls.Values.Sum() == 1, "it is served");
        string busy = _polls.Keys.Single();

        for (int i = 0; i < 20; i++)
        {
            (await client.GetStringAsync(Url("/whoami")).WaitAsync(TimeSpan.FromSeconds(30))).Should().NotBe(busy);
        }

        _server!.Gate.SetResult();
        await poll;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task AllHttp2StreamsOfAServerAreTaken_ANewMemberHasTheNextRequestsAtOnce(bool tls, bool headersFirst)
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls, Map, static limits => limits.Http2.MaxStreamsPerConnection = 10, One, Two);
        _dns.Says("svc.test", 60, One);
        ManualTimeProvider clock = new();
        await using DnsCache cache = new(resolver: _dns, timeProvider: clock);
        using DnsAwareHandler handler = new(TrustingHandler(), null, cache);
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        string path = headersFirst ? "/gated" : "/poll";
        string url = Url(path, tls);
        List<Task<HttpResponseMessage>> polls = [.. Enumerable.Range(0, 10).Select(_ => client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead))];
        await Eventually.Holds(() => Served(path) == 10, "the streams are taken");
        _dns.Says("svc.test", 60, One, Two);
        clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.Holds(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(1));
                return handler.GetSnapshot().Origins[0].Endpoints.Length == 2;
            },
            "the new member joins");

        for (int i = 0; i < 8; i++)
        {
            polls.Add(client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead));
        }

        await Eventually.Holds(() => Served(path) == 18, "no request waits for a stream");
        _server.RequestsTo(Two).Should().Be(8);
        _server.Gate.SetResult();
        foreach (Task<HttpResponseMessage> poll in polls)
        {
            using HttpResponseMessage response = await poll;
            _ = await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task FewRequestsAndServersThatCloseIdleConnections_TheOpenConnectionIsUsed()
    {
        TimeSpan idle = TimeSpan.FromMilliseconds(500);
        await using RawServer server = RawServer.Start(connection => AnswerUntilIdleAsync(connection, idle), null, One, Two, Three, Four);
        _dns.Says("svc.test", 60, One, Two, Three, Four);
        using HttpClient client = Client(new SocketsHttpHandler());
        using HttpClient bare = new(new SocketsHttpHandler());

        for (int i = 0; i < 30; i++)
        {
            await client.GetStringAsync($"http://svc.test:{server.Port}/");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        int ours = server.Connections.Count;
        for (int i = 0; i < 30; i++)
        {
            await bare.GetStringAsync($"http://{One}:{server.Port}/");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        (server.Connections.Count - ours).Should().BeGreaterThan(0);
        ours.Should().BeLessThanOrEqualTo(12 + (2 * (server.Connections.Count - ours)), "29 were one for each request");
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Waiting_MoreThanMayAtAllAddresses_FailsAtOnceWithAClearError(HttpProtocols protocols)
    {
        _server = await LoopbackServer.StartAsync(protocols, tls: false, Map, static limits => limits.Http2.MaxStreamsPerConnection = 1, One, Two);
        _dns.Says("svc.test", 60, One, Two);
        using HttpClient client = Client(
            new SocketsHttpHandler { MaxConnectionsPerServer = 1 }, new DnsAwareOptions { MaxPendingRequestsPerEndpoint = 1 });
        client.DefaultRequestVersion = protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await OpenBothAsync(client);
        Task<string>[] polls = [.. Enumerable.Range(0, 2).Select(_ => client.GetStringAsync(Url("/poll")))];
        await Eventually.Holds(() => _polls.Values.Sum() == 2, "each address is busy");
        Task<string>[] waiting = [.. Enumerable.Range(0, 2).Select(_ => client.GetStringAsync(Url("/poll")))];

        HttpRequestException error = (await client.Invoking(c => c.GetStringAsync(Url("/poll"))).Should().ThrowAsync<HttpRequestException>()).Which;

        error.Message.Should().Contain("svc.test").And.Contain("is full").And.Contain("MaxPendingRequestsPerEndpoint is 1").And.Contain("Send fewer requests");
        waiting.Should().OnlyContain(request => !request.IsCompleted);
        _server!.Gate.SetResult();
        await Task.WhenAll([.. polls, .. waiting]);
    }

    // Until its settings have arrived, the number of streams of a connection is not known.
    private Task OpenBothAsync(HttpClient client) => Eventually.Holds(
        async () =>
        {
            await Task.WhenAll(client.GetStringAsync(Url("/whoami")), client.GetStringAsync(Url("/whoami")));
            return _server!.RequestsTo(One) > 0 && _server.RequestsTo(Two) > 0;
        },
        "both addresses are connected");

    private async Task StartAsync(HttpProtocols protocols, params string[] addresses)
    {
        _server = await LoopbackServer.StartAsync(protocols, tls: false, Map, addresses);
        _dns.Says("svc.test", 60, addresses);
    }

    private HttpClient Client(SocketsHttpHandler inner, DnsAwareOptions? options = null) => new(new DnsAwareHandler(inner, options, _cache));

    private string Url(string path, bool tls = false) => $"{(tls ? "https" : "http")}://svc.test:{_server!.Port}{path}";

    private int Served(string path) => path == "/poll" ? _polls.Values.Sum() : _server!.RequestsTo(One) + _server.RequestsTo(Two);

    private void Map(WebApplication app) => app.MapGet("/poll", async (HttpContext context) =>
    {
        _polls.AddOrUpdate(context.Connection.LocalIpAddress!.ToString(), 1, static (_, count) => count + 1);
        await _server!.Gate.Task.WaitAsync(context.RequestAborted);
        return "polled";
    });

    private async Task<List<HttpResponseMessage>> OpenOneStreamOnEachAsync(HttpClient client, params string[] addresses)
    {
        List<HttpResponseMessage> streams = [];
        HashSet<string> open = [];
        while (open.Count < addresses.Length)
        {
            HttpResponseMessage response = await client.GetAsync(Url("/gated"), HttpCompletionOption.ResponseHeadersRead);
            streams.Add(response);
            open.Add(response.Headers.GetValues(LoopbackServer.AddressHeader).Single());
            Stream content = await response.Content.ReadAsStreamAsync();
            byte[] event1 = new byte[10];
            await content.ReadExactlyAsync(event1);
            _ = content.ReadAsync(event1).AsTask();
        }

        return streams;
    }

    private static async Task AnswerUntilIdleAsync(RawConnection connection, TimeSpan idle)
    {
        while (true)
        {
            Task<RawRequest?> next = connection.ReadRequestAsync();
            if (await Task.WhenAny(next, Task.Delay(idle)) != next || await next is null)
            {
                return;
            }

            await connection.WriteAsync(RawServer.Ok);
        }
    }

    private static async Task<TimeSpan> TimeOf(Func<Task> act)
    {
        long started = Stopwatch.GetTimestamp();
        await act();
        return Stopwatch.GetElapsedTime(started);
    }

    private static SocketsHttpHandler TrustingHandler() =>
        new() { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
}
