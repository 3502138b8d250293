using System.Net.WebSockets;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>YARP: a reverse proxy whose destination is a name, with the handler between proxy and servers.</summary>
public sealed class YarpTests(ITestOutputHelper output) : EcosystemTest(output)
{
    private const int StreamLines = 100;

    [Fact]
    public async Task ProxiedRequests_FollowFlips()
    {
        await using WebApplication proxy = await StartProxyAsync(Fleet, Fleet.MakeHandler());
        using HttpClient client = new() { BaseAddress = AddressOf(proxy) };
        await FlipAsync(() => client.GetStringAsync("address"));
    }

    [Fact]
    public async Task ProxiedWebSockets_FollowFlips()
    {
        await using WebApplication proxy = await StartProxyAsync(Fleet, Fleet.MakeHandler());
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler());
        await FlipAsync(async () =>
        {
            using ClientWebSocket socket = await WebSocketEcho.ConnectAsync(AddressOf(proxy), invoker);
            return await WebSocketEcho.AskAsync(socket);
        });
    }

    [Fact]
    public async Task StreamThroughTheProxy_OutlivesFlips()
    {
        await using WebApplication proxy = await StartProxyAsync(Fleet, Fleet.MakeHandler());
        using HttpClient client = new() { BaseAddress = AddressOf(proxy) };
        Fleet.Says(Fleet.Addresses[0]);
        using HttpResponseMessage stream = await client.GetAsync("stream", HttpCompletionOption.ResponseHeadersRead);

        await FlipAsync(() => client.GetStringAsync("address"));

        (await stream.Content.ReadAsStringAsync()).Should().Be(string.Concat(Enumerable.Repeat(Fleet.Addresses[0] + "\n", StreamLines)));
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync((fleet, handler) =>
    {
        Lazy<Task<HttpClient>> client = new(async () => new HttpClient { BaseAddress = AddressOf(await StartProxyAsync(fleet, handler)) });
        return async () => await (await client.Value).GetStringAsync("slow");
    });

    protected override void Map(WebApplication app)
    {
        app.MapWebSockets();
        app.MapAddresses();
        app.MapGet("/stream", async (HttpContext context) =>
        {
            for (int line = 0; line < StreamLines; line++)
            {
                await context.Response.WriteAsync(AddressEndpoints.AddressOf(context) + "\n");
                await Task.Delay(20, context.RequestAborted);
            }
        });
    }

    private static Uri AddressOf(WebApplication proxy) => new(proxy.Urls.First());

    private static async Task<WebApplication> StartProxyAsync(Fleet fleet, HttpMessageHandler handler)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IForwarderHttpClientFactory>(new Factory(handler));
        Dictionary<string, DestinationConfig> destinations = new() { ["name"] = new DestinationConfig { Address = fleet.Uri.ToString() } };
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "fleet", Match = new RouteMatch { Path = "/{**rest}" } }],
            [new ClusterConfig { ClusterId = "fleet", Destinations = destinations }]);
        WebApplication proxy = builder.Build();
        proxy.UseWebSockets();
        proxy.MapReverseProxy();
        await proxy.StartAsync();
        return proxy;
    }

    private sealed class Factory(HttpMessageHandler handler) : ForwarderHttpClientFactory
    {
        protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler own)
        {
            if (handler is DnsAwareHandler around)
            {
                // The settings that YARP gave its handler hold.
                around.InnerHandler = own;
            }

            return handler;
        }
    }
}
