using DnsAwareHttp.EcosystemTests.Harness;
using RestSharp;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>RestSharp, with the handler in the place of its own.</summary>
public sealed class RestSharpTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task Client_FollowsFlips()
    {
        using RestClient client = MakeClient(Fleet, Fleet.MakeHandler());
        await FlipAsync(async () => (await client.GetAsync<AddressDocument>(new RestRequest("/json")))!.Address);
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        RestClient client = MakeClient(fleet, handler);
        return async () => (await client.GetAsync(new RestRequest("/slow"))).Content!;
    });

    private static RestClient MakeClient(Fleet fleet, HttpMessageHandler handler) =>
        new(new RestClientOptions(fleet.Uri) { ConfigureMessageHandler = _ => handler });
}
