using System.Net;
using System.Net.WebSockets;
using System.Text;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What a bare handler has no notion of: WebSockets and long streams are balanced and followed like any other request, and go on where they are while DNS changes.</summary>
public sealed class StreamsAndDnsTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;

    public StreamsAndDnsTests() => _cache = new DnsCache(resolver: _dns, timeProvider: _clock);

    public static TheoryData<HttpProtocols, bool> Transports() => new()
    {
        { HttpProtocols.Http1, false },
        { HttpProtocols.Http1, true },
        { HttpProtocols.Http2, false },
        { HttpProtocols.Http2, true },
    };

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task WebSockets_AreSpreadOverTheAddresses(HttpProtocols protocols, bool tls)
    {
        await using LoopbackServer server = await ServeAsync(protocols, tls);
        using DnsAwareHandler handler = Handler(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin });
        _dns.Says("svc.test", 30, "127.0.0.1", "127.0.0.2");
        List<ClientWebSocket> sockets = [];
        await Eventually.Holds(() => handler.GetSnapshot().Origins is [{ Endpoints: [{ OpenConnections: > 0 }, { OpenConnections: > 0 }] }] || OpenOne(), "both are connected");
        int before = server.RequestsTo("127.0.0.1") + server.RequestsTo("127.0.0.2");
        (int first, int second) = (server.RequestsTo("127.0.0.1"), server.RequestsTo("127.0.0.2"));
        for (int number = 0; number < 6; number++)
        {
            sockets.Add(await OpenAsync(server, handler, protocols, tls));
        }

        (server.RequestsTo("127.0.0.1") - first).Should().Be(3);
        (server.RequestsTo("127.0.0.2") - second).Should().Be(3);
        before.Should().BePositive();
        foreach (ClientWebSocket socket in sockets)
        {
            (await SayAsync(socket, "still there?")).Should().StartWith("127.0.0.");
            socket.Dispose();
        }

        bool OpenOne()
        {
            sockets.Add(OpenAsync(server, handler, protocols, tls).WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult());
            return false;
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenWebSocket_GoesOnAtTheOldAddressAndNewOnesGoToTheNew(HttpProtocols protocols, bool tls)
    {
        await using LoopbackServer server = await ServeAsync(protocols, tls);
        using DnsAwareHandler handler = Handler();
        _dns.Says("svc.test", 30, "127.0.0.1");
        using ClientWebSocket old = await OpenAsync(server, handler, protocols, tls);
        (await SayAsync(old, "one")).Should().Be("127.0.0.1 one");

        await MoveAsync(handler, "127.0.0.1", "127.0.0.2");

        using ClientWebSocket young = await OpenAsync(server, handler, protocols, tls);
        (await SayAsync(young, "two")).Should().Be("127.0.0.2 two");
        (await SayAsync(old, "three")).Should().Be("127.0.0.1 three");
        Task drained = handler.WhenDrained();
        drained.IsCompleted.Should().BeFalse();
        await old.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        old.State.Should().Be(WebSocketState.Closed);
        old.Dispose();
        await drained.WaitAsync(TimeSpan.FromSeconds(30));
        (await SayAsync(young, "four")).Should().Be("127.0.0.2 four");
    }

    /// <summary><see cref="ClientWebSocket"/> shows nobody its request: a small handler above ours puts the signal there.</summary>
    [Theory]
    [MemberData(nameof(Transports))]
    public async Task DrainSignal_TellsAnOpenWebSocketThatItIsTimeToReconnect(HttpProtocols protocols, bool tls)
    {
        await using LoopbackServer server = await ServeAsync(protocols, tls);
        using DnsAwareHandler handler = Handler();
        _dns.Says("svc.test", 30, "127.0.0.1");
        DrainSignal signal = new();
        using ClientWebSocket socket = await OpenAsync(server, new Signalling(handler, signal), protocols, tls);
        signal.Token.IsCancellationRequested.Should().BeFalse();
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = signal.Token.Register(told.SetResult);

        await MoveAsync(handler, "127.0.0.1", "127.0.0.2");

        await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        (await SayAsync(socket, "good bye")).Should().Be("127.0.0.1 good bye");
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task DrainTimeout_EndsAnOpenWebSocket(HttpProtocols protocols)
    {
        await using LoopbackServer server = await ServeAsync(protocols, tls: false);
        using DnsAwareHandler handler = Handler(new DnsAwareOptions { Membership = MembershipMode.Strict, DrainTimeout = TimeSpan.FromMinutes(1) });
        _dns.Says("svc.test", 30, "127.0.0.1");
        using ClientWebSocket socket = await OpenAsync(server, handler, protocols, tls: false);
        await MoveAsync(handler, "127.0.0.1", "127.0.0.2");
        Task<WebSocketReceiveResult> receiving = socket.ReceiveAsync(new byte[10], CancellationToken.None);

        Task drained = handler.WhenDrained();
        await Eventually.Holds(() => Advances(TimeSpan.FromSeconds(61)) && drained.IsCompleted, "the drain is over");

        await receiving.Invoking(static task => task).Should().ThrowAsync<WebSocketException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamsInBothDirections_AreWholeWhileDnsChanges(bool tls)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls, StreamTests.MapEcho, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        _dns.Says("svc.test", 30, "127.0.0.1");
        using OpenContent content = new();
        using HttpResponseMessage response =
            await client.SendAsync(StreamTests.Request(server, HttpMethod.Post, "/pieces", HttpProtocols.Http2, tls, content), HttpCompletionOption.ResponseHeadersRead);
        await using Stream answers = await response.Content.ReadAsStreamAsync();
        StringBuilder sent = new();
        StringBuilder received = new();
        for (int number = 0; number < 40; number++)
        {
            if (number % 10 == 5)
            {
                await MoveAsync(handler, number % 20 == 5 ? "127.0.0.1" : "127.0.0.2", number % 20 == 5 ? "127.0.0.2" : "127.0.0.1");
            }

            string piece = $"{number}:{new string('x', number * 100)};";
            sent.Append(piece);
            await content.WriteAsync(Encoding.ASCII.GetBytes(piece));
            byte[] answer = new byte[piece.Length];
            await answers.ReadExactlyAsync(answer);
            received.Append(Encoding.ASCII.GetString(answer));
        }

        content.Complete();
        (await answers.ReadAsync(new byte[1])).Should().Be(0);
        received.ToString().Should().Be(sent.ToString());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Events_GoOnWhileDnsChanges(HttpProtocols protocols, bool tls)
    {
        using SemaphoreSlim next = new(0);
        await using LoopbackServer server = await LoopbackServer.StartAsync(
            protocols, tls,
            app => app.MapGet("/events", async (HttpContext context) =>
            {
                for (int number = 0; number < 12; number++)
                {
                    await context.Response.WriteAsync($"data: {number}\n\n");
                    await context.Response.Body.FlushAsync();
                    await next.WaitAsync(context.RequestAborted);
                }
            }),
            "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        _dns.Says("svc.test", 30, "127.0.0.1");
        using HttpResponseMessage response = await client.SendAsync(StreamTests.Request(server, HttpMethod.Get, "/events", protocols, tls), HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        List<string> events = [];
        while (await reader.ReadLineAsync() is string line)
        {
            if (line.Length > 0)
            {
                events.Add(line);
                if (events.Count == 4)
                {
                    await MoveAsync(handler, "127.0.0.1", "127.0.0.2");
                }

                next.Release();
            }
        }

        events.Should().Equal(Enumerable.Range(0, 12).Select(number => $"data: {number}"));
        using HttpResponseMessage later = await client.SendAsync(StreamTests.Request(server, HttpMethod.Get, "/whoami", protocols, tls));
        (await later.Content.ReadAsStringAsync()).Should().Be("127.0.0.2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GrpcStream_KeepsItsTrailersWhileDnsChanges(bool tls)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls, GrpcTests.Map, "127.0.0.1", "127.0.0.2");
        using DnsAwareHandler handler = Handler();
        using HttpClient client = new(handler, disposeHandler: false);
        _dns.Says("svc.test", 30, "127.0.0.1");
        using OpenContent content = new();
        using HttpResponseMessage response = await client.SendAsync(GrpcTests.Call(server, tls, "/chat", content), HttpCompletionOption.ResponseHeadersRead);
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        for (int turn = 0; turn < 10; turn++)
        {
            await content.WriteAsync(GrpcTests.Message($"{turn}"));
            (await GrpcTests.ReadMessageAsync(stream)).Should().Be($"you said {turn}");
            if (turn == 4)
            {
                await MoveAsync(handler, "127.0.0.1", "127.0.0.2");
            }
        }

        content.Complete();
        (await GrpcTests.ReadMessageAsync(stream)).Should().BeNull();
        response.TrailingHeaders.GetValues("grpc-status").Should().Equal("0");
        response.TrailingHeaders.GetValues("grpc-message").Should().Equal("10 messages");
    }

    private static Task<LoopbackServer> ServeAsync(HttpProtocols protocols, bool tls) => LoopbackServer.StartAsync(
        protocols, tls,
        static app =>
        {
            app.UseWebSockets();
            app.Map("/ws", static async (HttpContext context) =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] buffer = new byte[1000];
                while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
                {
                    string answer = $"{context.Connection.LocalIpAddress} {Encoding.UTF8.GetString(buffer, 0, message.Count)}";
                    await socket.SendAsync(Encoding.UTF8.GetBytes(answer), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
                }

                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            });
        },
        "127.0.0.1", "127.0.0.2");

    private static async Task<ClientWebSocket> OpenAsync(LoopbackServer server, HttpMessageHandler handler, HttpProtocols protocols, bool tls)
    {
        ClientWebSocket socket = WebSockets.OfVersion(protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11);
        await socket.ConnectAsync(new Uri($"{(tls ? "wss" : "ws")}://svc.test:{server.Port}/ws"), new HttpMessageInvoker(handler, disposeHandler: false), CancellationToken.None);
        return socket;
    }

    private static async Task<string> SayAsync(ClientWebSocket socket, string message)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        byte[] answer = new byte[1000];
        WebSocketReceiveResult received = await socket.ReceiveAsync(answer, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        return Encoding.UTF8.GetString(answer, 0, received.Count);
    }

    private DnsAwareHandler Handler(DnsAwareOptions? options = null) =>
        new(Trial.TrustingAll(), options ?? new DnsAwareOptions { Membership = MembershipMode.Strict }, _cache);

    private async Task MoveAsync(DnsAwareHandler handler, string from, string to)
    {
        _dns.Says("svc.test", 30, to);
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(
            () => Advances(TimeSpan.FromMilliseconds(1))
                && handler.GetSnapshot().Origins[0].Endpoints is { Length: > 0 } endpoints
                && endpoints.Any(endpoint => $"{endpoint.Address.Address}" == to && endpoint.State is not EndpointState.Draining)
                && endpoints.All(endpoint => $"{endpoint.Address.Address}" != from || endpoint.State is EndpointState.Draining),
            $"traffic moves from {from} to {to}");
    }

    // The next question is planned a moment after an answer was told: it may find its time past, and wait for the clock's next move.
    private bool Advances(TimeSpan time)
    {
        _clock.Advance(time);
        return true;
    }

    private sealed class Signalling(HttpMessageHandler inner, DrainSignal signal) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
