using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Microsoft.Extensions.Http.Resilience, standard and hedging, added before and after the handler.</summary>
public sealed class ResilienceTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Pipeline_FollowsFlips(bool hedging, bool handlerFirst)
    {
        await using ServiceProvider provider = Container(hedging, handlerFirst);
        await FlipAsync(() => Client(provider).GetStringAsync("address"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneOfThreeServersEnds_NoCallFails(bool hedging)
    {
        await using ServiceProvider provider = Container(hedging, handlerFirst: true);
        LoadReport report = await new LightLoad(Fleet, () => Client(provider).GetStringAsync("slow")).KillOneAsync();
        report.Failures.Should().BeEmpty();
    }

    private HttpClient Client(ServiceProvider provider)
    {
        HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        client.BaseAddress = Fleet.Uri;
        return client;
    }

    private ServiceProvider Container(bool hedging, bool handlerFirst)
    {
        ServiceCollection services = new();
        services.AddSingleton(Fleet.Cache);
        IHttpClientBuilder client = services.AddHttpClient("api");
        if (handlerFirst)
        {
            client.AddDnsAwareHandler();
        }

        if (hedging)
        {
            client.AddStandardHedgingHandler();
        }
        else
        {
            client.AddStandardResilienceHandler();
        }

        if (!handlerFirst)
        {
            client.AddDnsAwareHandler();
        }

        return services.BuildServiceProvider();
    }
}
