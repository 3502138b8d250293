using DnsAwareHttp.EcosystemTests.Harness;
using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Servers of Grpc.AspNetCore, and channels of Grpc.Net.Client to them.</summary>
public abstract class GrpcTest(ITestOutputHelper output) : EcosystemTest(output, HttpProtocols.Http2)
{
    protected override void Configure(WebApplicationBuilder builder) => builder.Services.AddGrpc();

    protected override void Map(WebApplication app) => app.MapGrpcService<StationService>();

    protected GrpcChannel Channel(HttpMessageHandler handler, ServiceConfig? config = null) => Channel(Fleet, handler, config);

    protected static GrpcChannel Channel(Fleet fleet, HttpMessageHandler handler, ServiceConfig? config = null) =>
        GrpcChannel.ForAddress(fleet.Uri, new GrpcChannelOptions { HttpHandler = handler, ServiceConfig = config });

    protected static Station.StationClient Client(GrpcChannel channel) => new(channel);
}
