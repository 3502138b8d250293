using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Refit;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Refit, by hand and by its client factory.</summary>
public sealed class RefitTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task InterfaceOverTheHandler_FollowsFlips()
    {
        IAddressApi api = MakeApi(Fleet, Fleet.MakeHandler());
        await FlipAsync(async () => (await api.GetAddressAsync()).Address);
    }

    [Fact]
    public async Task InterfaceOfTheFactory_FollowsFlips()
    {
        ServiceCollection services = new();
        services.AddSingleton(Fleet.Cache);
        services.AddRefitGeneratedClient<IAddressApi>().ConfigureHttpClient(client => client.BaseAddress = Fleet.Uri)
            .UseSocketsHttpHandler().AddDnsAwareHandler();
        await using ServiceProvider provider = services.BuildServiceProvider();

        await FlipAsync(async () => (await provider.GetRequiredService<IAddressApi>().GetAddressAsync()).Address);
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        IAddressApi api = MakeApi(fleet, handler);
        return api.GetSlowlyAsync;
    });

    private static IAddressApi MakeApi(Fleet fleet, HttpMessageHandler handler) =>
        RestService.For<IAddressApi>(new HttpClient(handler) { BaseAddress = fleet.Uri });
}
