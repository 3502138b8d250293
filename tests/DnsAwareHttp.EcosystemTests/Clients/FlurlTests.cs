using DnsAwareHttp.EcosystemTests.Harness;
using Flurl.Http;
using Flurl.Http.Configuration;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Flurl, over an HttpClient of ours, and with the handler as middleware around a handler of Flurl's own.</summary>
public sealed class FlurlTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task ClientOverTheHandler_FollowsFlips()
    {
        using FlurlClient client = MakeClient(Fleet, Fleet.MakeHandler());
        await FlipAsync(async () => (await client.Request("json").GetJsonAsync<AddressDocument>()).Address);
    }

    [Fact]
    public async Task HandlerAsMiddleware_TakesTheInnerHandlerOfFlurlAndFollowsFlips()
    {
        DnsAwareHandler handler = Fleet.MakeHandler();
        int streams = 0;
        using IFlurlClient client = new FlurlClientBuilder(Fleet.Uri.ToString())
            .UseSocketsHttpHandler(inner => inner.PlaintextStreamFilter = (context, _) =>
            {
                Interlocked.Increment(ref streams);
                return ValueTask.FromResult(context.PlaintextStream);
            })
            .AddMiddleware(() => handler)
            .Build();

        await FlipAsync(() => client.Request("address").GetStringAsync());

        streams.Should().BePositive("the settings of the inner handler hold");
    }

    [Fact]
    public Task OneOfThreeServersEnds_LosesNoMoreThanTheBareHandler() => KillOneAsync(static (fleet, handler) =>
    {
        FlurlClient client = MakeClient(fleet, handler);
        return () => client.Request("slow").GetStringAsync();
    });

    private static FlurlClient MakeClient(Fleet fleet, HttpMessageHandler handler) =>
        new(new HttpClient(handler) { BaseAddress = fleet.Uri });
}
