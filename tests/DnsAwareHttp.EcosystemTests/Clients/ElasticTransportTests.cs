using System.Text.Json;
using DnsAwareHttp.EcosystemTests.Harness;
using Elastic.Transport;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Elastic.Transport: the way of the Elasticsearch client to its servers.</summary>
public sealed class ElasticTransportTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task Transport_FollowsFlips()
    {
        DistributedTransport transport = MakeTransport(Fleet, Fleet.MakeHandler());
        await FlipAsync(() => Ask(transport, "/json"));
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        DistributedTransport transport = MakeTransport(fleet, handler);
        return () => Ask(transport, "/slow-json");
    });

    private static DistributedTransport MakeTransport(Fleet fleet, HttpMessageHandler handler) => new(
        new TransportConfiguration(new SingleNodePool(fleet.Uri), new HttpRequestInvoker((_, _) => handler))
        {
            MaxRetries = 0,
            ThrowExceptions = true,
        });

    private static async Task<string> Ask(DistributedTransport transport, string path)
    {
        StringResponse response = await transport.RequestAsync<StringResponse>(Elastic.Transport.HttpMethod.GET, path);
        return JsonSerializer.Deserialize<AddressDocument>(response.Body, JsonSerializerOptions.Web)!.Address;
    }
}
