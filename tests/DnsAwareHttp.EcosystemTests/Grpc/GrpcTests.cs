using DnsAwareHttp.EcosystemTests.Harness;
using DnsAwareHttp.EcosystemTests.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Grpc.Net.Client and Grpc.Net.ClientFactory: each shape of call, each way to make a client, while DNS flips and a server ends.</summary>
public sealed class GrpcTests(ITestOutputHelper output) : IAsyncLifetime
{
    private Fleet _fleet = null!;
    private DnsCache _cache = null!;

    public async Task InitializeAsync()
    {
        _fleet = await Fleet.StartAsync(HttpProtocols.Http2, builder => builder.Services.AddGrpc(), app => app.MapGrpcService<StationService>());
        _cache = _fleet.MakeCache();
    }

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _fleet.DisposeAsync();
    }

    [Theory]
    [InlineData(nameof(GrpcCalls.Ask))]
    [InlineData(nameof(GrpcCalls.Count))]
    [InlineData(nameof(GrpcCalls.Gather))]
    [InlineData(nameof(GrpcCalls.Talk))]
    public async Task EachShapeOfCall_FollowsFlipsAndFailsNever(string shape)
    {
        using GrpcChannel channel = Channel(MakeHandler());
        await FlipAsync(GrpcCalls.Named(shape, new Station.StationClient(channel)));
    }

    [Fact]
    public async Task HandlerThatWasUsed_MakesAChannelThatFollows()
    {
        using DnsAwareHandler handler = MakeHandler();
        using (GrpcChannel before = Channel(handler))
        {
            await GrpcCalls.Ask(new Station.StationClient(before), CancellationToken.None);
        }

        using GrpcChannel channel = Channel(handler);
        await FlipAsync(GrpcCalls.Named(nameof(GrpcCalls.Ask), new Station.StationClient(channel)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientOfTheFactory_FollowsFlips(bool byDefaults)
    {
        await using ServiceProvider provider = Container(byDefaults);
        await FlipAsync(token => GrpcCalls.Ask(provider.GetRequiredService<Station.StationClient>(), token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SchemeDns_IsRefusedByGrpcItself(bool isUsed)
    {
        using DnsAwareHandler handler = MakeHandler();
        if (isUsed)
        {
            using GrpcChannel before = Channel(handler);
            await GrpcCalls.Ask(new Station.StationClient(before), CancellationToken.None);
        }

        Action make = () => GrpcChannel.ForAddress(
            $"dns:///{Fleet.Host}:{_fleet.Port}", new GrpcChannelOptions { HttpHandler = handler, Credentials = ChannelCredentials.Insecure });

        InvalidOperationException refusal = make.Should().Throw<InvalidOperationException>().Which;
        refusal.Source.Should().Be("Grpc.Net.Client");
        refusal.Message.Should().Contain("doesn't support client-side load balancing");
    }

    private async Task FlipAsync(Func<CancellationToken, Task<string>> call)
    {
        LoadReport report = await new LightLoad(_fleet, call).FlipAsync();
        output.WriteLine(report.ToString());
        report.Failures.Should().BeEmpty();
        report.LongestLag.Should().BeLessThan(LoadReport.MaxLag);
    }

    private DnsAwareHandler MakeHandler() => new(new SocketsHttpHandler(), cache: _cache);

    private GrpcChannel Channel(HttpMessageHandler handler, ServiceConfig? config = null) =>
        GrpcChannel.ForAddress(_fleet.Uri, new GrpcChannelOptions { HttpHandler = handler, ServiceConfig = config });

    private ServiceProvider Container(bool byDefaults)
    {
        ServiceCollection services = new();
        services.AddSingleton(_cache);
        if (byDefaults)
        {
            services.ConfigureHttpClientDefaults(client => client.AddDnsAwareHandler());
        }

        IHttpClientBuilder client = services.AddGrpcClient<Station.StationClient>(options => options.Address = _fleet.Uri);
        if (!byDefaults)
        {
            client.AddDnsAwareHandler();
        }

        return services.BuildServiceProvider();
    }
}
