using System.Net.WebSockets;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>The SignalR client over WebSockets, server-sent events and long polling.</summary>
public sealed class SignalRTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task ShortConnections_FollowFlipsWhileALongOneStaysWhereItIs()
    {
        using HttpMessageInvoker invoker = new(Fleet.MakeHandler());
        Fleet.Says(Fleet.Addresses[0]);
        await using HubConnection open = await ConnectAsync(Fleet, invoker);

        await FlipAsync(async () =>
        {
            await using HubConnection connection = await ConnectAsync(Fleet, invoker);
            return await connection.InvokeAsync<string>(nameof(AddressHub.Address));
        });

        (await open.InvokeAsync<string>(nameof(AddressHub.Address))).Should().Be(Fleet.Addresses[0]);
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        HttpMessageInvoker invoker = new(handler);
        return async () =>
        {
            await using HubConnection connection = await ConnectAsync(fleet, invoker);
            return await connection.InvokeAsync<string>(nameof(AddressHub.Address));
        };
    });

    [Theory]
    [InlineData(HttpTransportType.LongPolling)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task SeveralRequestsPerConnection_StayTogetherByPickFirst(HttpTransportType transport)
    {
        DnsAwareOptions pickFirst = new() { LoadBalancing = LoadBalancingPolicy.PickFirst };
        for (int connections = 0; connections < 5; connections++)
        {
            await using HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(Fleet.Uri, "/hub"), options =>
            {
                options.Transports = transport;
                options.HttpMessageHandlerFactory = _ => new DnsAwareHandler(new SocketsHttpHandler(), pickFirst, Fleet.Cache);
            }).Build();
            await connection.StartAsync();

            (await connection.InvokeAsync<string>(nameof(AddressHub.Address))).Should().BeOneOf(Fleet.Addresses);
        }
    }

    [Theory]
    [InlineData(HttpTransportType.LongPolling)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task SeveralRequestsPerConnection_StayTogetherAsASession(HttpTransportType transport)
    {
        const int Connections = 20;
        ServiceCollection services = new();
        services.AddSingleton<DnsCache>(Fleet.Cache);
        services.AddHttpClient("hub").AddDnsAwareHandler(options => options.SessionAffinity = new());
        await using ServiceProvider provider = services.BuildServiceProvider();
        IHttpMessageHandlerFactory handlers = provider.GetRequiredService<IHttpMessageHandlerFactory>();

        string[] addresses = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            await using HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(Fleet.Uri, "/hub"), options =>
            {
                options.Transports = transport;
                options.HttpMessageHandlerFactory = _ => new SessionHandler(handlers.CreateHandler("hub"));
            }).Build();
            await connection.StartAsync();
            string[] calls = [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => connection.InvokeAsync<string>(nameof(AddressHub.Address))))];
            return calls.Distinct().Should().ContainSingle().Subject;
        }));

        addresses.Should().HaveCount(Connections);
        addresses.Distinct().Should().HaveCountGreaterThan(1, "sessions are spread over the servers");
    }

    [Fact]
    public async Task NegotiationAndWebSocket_StayTogetherAsASession()
    {
        const int Connections = 20;
        using DnsAwareHandler shared = new(new SocketsHttpHandler(), new DnsAwareOptions { SessionAffinity = new() }, Fleet.Cache);

        string[] addresses = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            SessionHandler session = new(shared, disposeInnerHandler: false);
            await using HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(Fleet.Uri, "/hub"), options =>
            {
                options.Transports = HttpTransportType.WebSockets;
                options.HttpMessageHandlerFactory = _ => session;
                options.WebSocketFactory = async (context, cancellationToken) =>
                {
                    ClientWebSocket socket = new();
                    using HttpMessageInvoker invoker = new(session, disposeHandler: false);
                    await socket.ConnectAsync(context.Uri, invoker, cancellationToken);
                    return socket;
                };
            }).Build();

            // The server that negotiated knows the connection's token. Another one would answer 404.
            await connection.StartAsync();
            return await connection.InvokeAsync<string>(nameof(AddressHub.Address));
        }));

        addresses.Should().HaveCount(Connections);
        addresses.Distinct().Should().HaveCountGreaterThan(1, "sessions are spread over the servers");
    }

    protected override void Configure(WebApplicationBuilder builder) => builder.Services.AddSignalR();

    protected override void Map(WebApplication app) => app.MapHub<AddressHub>("/hub");

    private static async Task<HubConnection> ConnectAsync(Fleet fleet, HttpMessageInvoker invoker)
    {
        HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(fleet.Uri, "/hub"), options =>
        {
            options.Transports = HttpTransportType.WebSockets;
            options.SkipNegotiation = true;
            options.WebSocketFactory = async (context, cancellationToken) =>
            {
                ClientWebSocket socket = new();
                await socket.ConnectAsync(context.Uri, invoker, cancellationToken);
                return socket;
            };
        }).Build();
        try
        {
            await connection.StartAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
