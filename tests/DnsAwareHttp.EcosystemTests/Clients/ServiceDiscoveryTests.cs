using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Microsoft.Extensions.ServiceDiscovery finds the name of a service, and the handler follows that name.</summary>
public sealed class ServiceDiscoveryTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BothInOnePipeline_FollowFlips(bool handlerFirst)
    {
        await using ServiceProvider provider = Container(handlerFirst);
        IHttpClientFactory clients = provider.GetRequiredService<IHttpClientFactory>();
        await FlipAsync(() => clients.CreateClient("api").GetStringAsync("http://catalog/address"));
    }

    private ServiceProvider Container(bool handlerFirst)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection([new("services:catalog:http:0", $"{Fleet.Host}:{Fleet.Port}")]).Build());
        services.AddSingleton(Fleet.Cache);
        services.AddServiceDiscovery();
        IHttpClientBuilder client = services.AddHttpClient("api");
        if (handlerFirst)
        {
            client.AddDnsAwareHandler().AddServiceDiscovery();
        }
        else
        {
            client.AddServiceDiscovery().AddDnsAwareHandler();
        }

        return services.BuildServiceProvider();
    }
}
