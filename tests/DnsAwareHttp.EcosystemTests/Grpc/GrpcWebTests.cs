using DnsAwareHttp.EcosystemTests.Harness;
using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Grpc.Net.Client.Web: gRPC over HTTP/1.1, with a handler of its own around ours.</summary>
public sealed class GrpcWebTests(ITestOutputHelper output) : EcosystemTest(output, HttpProtocols.Http1)
{
    [Theory]
    [InlineData(nameof(GrpcCalls.Ask))]
    [InlineData(nameof(GrpcCalls.Count))]
    public async Task EachShapeOfCall_FollowsFlips(string shape)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(
            Fleet.Uri, new GrpcChannelOptions { HttpHandler = new GrpcWebHandler(Fleet.MakeHandler()), HttpVersion = new Version(1, 1) });
        await FlipAsync(GrpcCalls.Named(shape, new Station.StationClient(channel)));
    }

    protected override void Configure(WebApplicationBuilder builder) => builder.Services.AddGrpc();

    protected override void Map(WebApplication app)
    {
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.MapGrpcService<StationService>();
    }
}
