using System.Net.WebSockets;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>ClientWebSocket over the handler.</summary>
public sealed class ClientWebSocketTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task ShortSockets_FollowFlipsWhileALongOneStaysWhereItIs()
    {
        using HttpMessageInvoker invoker = new(Fleet.MakeHandler());
        Fleet.Says(Fleet.Addresses[0]);
        using ClientWebSocket open = await WebSocketEcho.ConnectAsync(Fleet.Uri, invoker);

        await FlipAsync(async () =>
        {
            using ClientWebSocket socket = await WebSocketEcho.ConnectAsync(Fleet.Uri, invoker);
            string address = await WebSocketEcho.AskAsync(socket);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            return address;
        });

        (await WebSocketEcho.AskAsync(open)).Should().Be(Fleet.Addresses[0]);
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        HttpMessageInvoker invoker = new(handler);
        return async () =>
        {
            using ClientWebSocket socket = await WebSocketEcho.ConnectAsync(fleet.Uri, invoker);
            return await WebSocketEcho.AskAsync(socket);
        };
    });

    protected override void Map(WebApplication app) => app.MapWebSockets();
}
