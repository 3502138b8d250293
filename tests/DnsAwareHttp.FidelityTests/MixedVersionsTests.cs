using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>An origin whose addresses speak different versions over TLS. With a bare handler it depends on the address that it happens to connect to whether a request works.</summary>
public sealed class MixedVersionsTests : IAsyncLifetime
{
    private const string Older = "127.0.0.1";
    private const string Newer = "127.0.0.2";

    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;
    private readonly DnsAwareHandler _handler;
    private readonly HttpClient _client;
    private LoopbackServer _older = null!;
    private LoopbackServer _newer = null!;

    public MixedVersionsTests()
    {
        _cache = new DnsCache(resolver: _dns);
        _handler = new DnsAwareHandler(Trial.TrustingAll(), new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, _cache);
        _client = new HttpClient(_handler);
        _dns.Says("svc.test", 30, Older, Newer);
    }

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cache.DisposeAsync();
        await _older.DisposeAsync();
        await _newer.DisposeAsync();
    }

    [Fact]
    public async Task LowerVersionThatWillDo_EachAddressSpeaksItsOwn()
    {
        await Eventually.Holds(() => SendAsync("2.0", HttpVersionPolicy.RequestVersionOrLower).Result.Length > 0 && _older.RequestsTo(Older) > 0 && _newer.RequestsTo(Newer) > 0, "both are used");

        for (int number = 0; number < 10; number++)
        {
            (await SendAsync("2.0", HttpVersionPolicy.RequestVersionOrLower)).Should().BeOneOf($"{Older} 1.1", $"{Newer} 2.0");
        }
    }

    /// <summary>One that knows ALPN refuses the handshake; one that does not completes it, and the runtime then gives up before it sends.</summary>
    [Theory]
    [InlineData(HttpVersionPolicy.RequestVersionExact, true)]
    [InlineData(HttpVersionPolicy.RequestVersionOrHigher, true)]
    [InlineData(HttpVersionPolicy.RequestVersionExact, false)]
    [InlineData(HttpVersionPolicy.RequestVersionOrHigher, false)]
    public async Task VersionThatOnlyOneSpeaks_TakesTheRequestThere(HttpVersionPolicy policy, bool knowsAlpn)
    {
        await using RawServer? without = knowsAlpn ? null : await ReplaceOlderAsync();

        for (int number = 0; number < 12; number++)
        {
            (await SendAsync("2.0", policy)).Should().Be($"{Newer} 2.0");
        }

        _older.RequestsTo(Older).Should().Be(0);
        (without?.Wire ?? "").Should().NotContain("HTTP");
    }

    [Fact]
    public async Task ContentOfARequestThatWasNotSent_ArrivesWholeAtTheOther()
    {
        for (int number = 0; number < 6; number++)
        {
            using OpenContent content = new();
            using HttpRequestMessage request = Request("2.0", HttpVersionPolicy.RequestVersionExact, "/echo");
            request.Method = HttpMethod.Post;
            request.Content = content;
            Task<HttpResponseMessage> sending = _client.SendAsync(request);
            await content.WriteAsync("written once"u8.ToArray());
            content.Complete();

            using HttpResponseMessage response = await sending;
            (await response.Content.ReadAsStringAsync()).Should().Be("written once");
        }

        _older.RequestsTo(Older).Should().Be(0);
    }

    [Fact]
    public async Task WebSocketOverHttp2_IsOpenedWhereItCanBe()
    {
        for (int number = 0; number < 6; number++)
        {
            using ClientWebSocket socket = WebSockets.OfVersion(HttpVersion.Version20);
            await socket.ConnectAsync(new Uri($"wss://svc.test:{_older.Port}/ws"), new HttpMessageInvoker(_handler, disposeHandler: false), CancellationToken.None);
            socket.State.Should().Be(WebSocketState.Open);
        }

        _newer.RequestsTo(Newer).Should().Be(6);
    }

    [Fact]
    public async Task VersionThatNobodySpeaks_IsReportedAndHurtsNoAddress()
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls(), Older, Newer);
        Uri uri = new($"https://svc.test:{server.Port}/");

        for (int number = 0; number < 5; number++)
        {
            using HttpRequestMessage request = Request("2.0", HttpVersionPolicy.RequestVersionExact, uri);
            HttpRequestException error = (await _client.Invoking(client => client.SendAsync(request)).Should().ThrowAsync<HttpRequestException>()).Which;
            error.HttpRequestError.Should().Be(HttpRequestError.VersionNegotiationError);
            error.Message.Should().Contain(Older).And.Contain(Newer).And.Contain("version policy RequestVersionExact while unable to establish HTTP/2 connection");
        }

        _handler.GetSnapshot().Origins[0].Endpoints.Should().HaveCount(2).And.OnlyContain(endpoint => endpoint.State == EndpointState.Ready && endpoint.OpenConnections == 1);
        _dns.Questions("svc.test").Should().Be(1, "the name is not to blame");
        using HttpRequestMessage older = Request("1.1", HttpVersionPolicy.RequestVersionExact, uri);
        using HttpResponseMessage response = await _client.SendAsync(older);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        server.Connections.Should().HaveCount(2);
    }

    private static HttpRequestMessage Request(string version, HttpVersionPolicy policy, Uri uri) => new(HttpMethod.Get, uri) { Version = Version.Parse(version), VersionPolicy = policy };

    private HttpRequestMessage Request(string version, HttpVersionPolicy policy, string path) => Request(version, policy, new Uri($"https://svc.test:{_older.Port}{path}"));

    private async Task<string> SendAsync(string version, HttpVersionPolicy policy)
    {
        using HttpRequestMessage request = Request(version, policy, "/whoami");
        using HttpResponseMessage response = await _client.SendAsync(request);
        return $"{await response.Content.ReadAsStringAsync()} {response.Version}";
    }

    private async Task StartAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            LoopbackServer older = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: true, null, Older);
            try
            {
                _newer = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls: true, MapSocket, older.Port, Newer);
                _older = older;
                return;
            }
            catch (IOException) when (attempt < 20)
            {
                // Somebody else took the port on the other address in the meantime.
                await older.DisposeAsync();
            }
        }
    }

    // Another server takes the older one's place, one that does not know ALPN.
    private async Task<RawServer> ReplaceOlderAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            await _older.DisposeAsync();
            try
            {
                return RawServer.Start(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls(), _newer.Port, Older);
            }
            catch (SocketException) when (attempt < 20)
            {
                // Somebody else took the port in the meantime.
                await _newer.DisposeAsync();
                await StartAsync();
            }
        }
    }

    private static void MapSocket(WebApplication app)
    {
        app.UseWebSockets();
        app.Map("/ws", static async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            _ = await socket.ReceiveAsync(new byte[1], context.RequestAborted);
        });
    }
}
