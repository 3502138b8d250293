using System.Net.WebSockets;
using System.Text;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>A WebSocket at <c>/socket</c> that answers each message with the address of the server, after 50 ms.</summary>
internal static class WebSocketEcho
{
    public static void MapWebSockets(this WebApplication app)
    {
        app.UseWebSockets();
        app.Map("/socket", ServeAsync);
    }

    public static async Task<ClientWebSocket> ConnectAsync(Uri server, HttpMessageInvoker invoker)
    {
        ClientWebSocket socket = new();
        await socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = "/socket" }.Uri, invoker, CancellationToken.None);
        return socket;
    }

    public static async Task<string> AskAsync(ClientWebSocket socket)
    {
        await socket.SendAsync("?"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        byte[] buffer = new byte[64];
        ValueWebSocketReceiveResult read = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        return read.MessageType == WebSocketMessageType.Text
            ? Encoding.ASCII.GetString(buffer, 0, read.Count)
            : throw new EndOfStreamException();
    }

    private static async Task ServeAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[64];
        while ((await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted)).MessageType is not WebSocketMessageType.Close)
        {
            await Task.Delay(50, context.RequestAborted);
            byte[] answer = Encoding.ASCII.GetBytes(AddressEndpoints.AddressOf(context));
            await socket.SendAsync(answer, WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }
}
