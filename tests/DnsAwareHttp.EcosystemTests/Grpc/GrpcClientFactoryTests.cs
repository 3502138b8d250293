using DnsAwareHttp.EcosystemTests.Rpc;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Grpc;

/// <summary>Grpc.Net.ClientFactory, with the handler added to the client or to all clients.</summary>
public sealed class GrpcClientFactoryTests(ITestOutputHelper output) : GrpcTest(output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientOfTheFactory_FollowsFlips(bool byDefaults)
    {
        await using ServiceProvider provider = Container(byDefaults);
        await FlipAsync(() => GrpcCalls.Ask(provider.GetRequiredService<Station.StationClient>()));
    }

    private ServiceProvider Container(bool byDefaults)
    {
        ServiceCollection services = new();
        services.AddSingleton(Fleet.Cache);
        if (byDefaults)
        {
            services.ConfigureHttpClientDefaults(client => client.AddDnsAwareHandler());
        }

        IHttpClientBuilder client = services.AddGrpcClient<Station.StationClient>(options => options.Address = Fleet.Uri);
        if (!byDefaults)
        {
            client.AddDnsAwareHandler();
        }

        return services.BuildServiceProvider();
    }
}
