using System.Net.WebSockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A <see cref="ClientWebSocket"/> makes its request itself. A <see cref="DrainSignal"/> reaches it through an invoker.</summary>
public sealed class WebSocketReconnectTests
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task SocketWhoseAddressLeaves_IsToldAndReconnectsToTheNewAddress(bool http2, bool throughHttpClient)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(http2 ? HttpProtocols.Http2 : HttpProtocols.Http1, tls: false, Map, One, Two);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 1, One);
        await using DnsCache cache = new(resolver: dns);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { Membership = MembershipMode.Strict }, cache);
        using HttpMessageInvoker invoker = throughHttpClient ? new HttpClient(handler, disposeHandler: false) : new HttpMessageInvoker(handler, disposeHandler: false);
        Uri uri = new($"ws://svc.test:{server.Port}/socket");

        (ClientWebSocket first, DrainSignal left) = await ConnectAsync(invoker, uri, http2);
        using ClientWebSocket socket = first;
        (await AskAsync(socket)).Should().Be(One);
        dns.Says("svc.test", 1, Two);

        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = left.Token.Register(told.SetResult);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        (ClientWebSocket second, DrainSignal stays) = await ConnectAsync(invoker, uri, http2);
        using ClientWebSocket next = second;

        (await AskAsync(next)).Should().Be(Two);
        stays.Token.IsCancellationRequested.Should().BeFalse();
        (await AskAsync(socket)).Should().Be(One, "the signal cancels nothing");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await next.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static async Task<(ClientWebSocket Socket, DrainSignal Signal)> ConnectAsync(HttpMessageInvoker invoker, Uri uri, bool http2)
    {
        DrainSignal signal = new();
        ClientWebSocket socket = new();
        socket.Options.HttpVersion = http2 ? new Version(2, 0) : new Version(1, 1);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(uri, signal.CreateInvoker(invoker), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        return (socket, signal);
    }

    /// <summary>The address that the socket is connected to.</summary>
    private static async Task<string> AskAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[100];
        await socket.SendAsync("who"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        return System.Text.Encoding.ASCII.GetString(buffer, 0, result.Count);
    }

    private static void Map(WebApplication app)
    {
        app.UseWebSockets();
        app.Map("/socket", static async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100];
            byte[] address = System.Text.Encoding.ASCII.GetBytes(context.Connection.LocalIpAddress!.ToString());
            while ((await socket.ReceiveAsync(buffer, CancellationToken.None)).MessageType is not WebSocketMessageType.Close)
            {
                await socket.SendAsync(address, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        });
    }
}
