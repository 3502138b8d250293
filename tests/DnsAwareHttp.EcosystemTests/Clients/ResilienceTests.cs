using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>Microsoft.Extensions.Http.Resilience, standard and hedging, added before and after the handler.</summary>
public sealed class ResilienceTests(ITestOutputHelper output) : EcosystemTest(output)
{
    private const string CallHeader = "x-call";
    private const int Calls = 200;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _asked = new();

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

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task TwoOfThreeServersAnswer503_EachAttemptOfACallGoesToAnotherServer(bool hedging, bool handlerFirst)
    {
        await using ServiceProvider provider = Container(hedging, handlerFirst);
        for (int i = 0; i < Calls; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "sick");
            request.Headers.Add(CallHeader, $"{i}");
            using HttpResponseMessage response = await Client(provider).SendAsync(request);
            response.StatusCode.Should().Be(HttpStatusCode.OK);
        }

        _asked.Should().HaveCount(Calls).And.OnlyContain(call => call.Value.Distinct().Count() == call.Value.Count);
    }

    protected override void Map(WebApplication app)
    {
        base.Map(app);
        app.MapGet("/sick", (HttpContext context) =>
        {
            string address = AddressEndpoints.AddressOf(context);
            _asked.GetOrAdd(context.Request.Headers[CallHeader].ToString(), static _ => []).Enqueue(address);
            return Results.StatusCode(address == Fleet.Addresses[^1] ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
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

        // Without a break of the circuit or of the rate: each call has its attempts.
        if (hedging)
        {
            client.AddStandardHedgingHandler().Configure(static hedge =>
            {
                hedge.Endpoint.CircuitBreaker.MinimumThroughput = int.MaxValue;
                hedge.Hedging.MaxHedgedAttempts = 2;
            });
        }
        else
        {
            client.AddStandardResilienceHandler(static retry =>
            {
                retry.CircuitBreaker.MinimumThroughput = int.MaxValue;
                retry.Retry.BackoffType = DelayBackoffType.Constant;
                retry.Retry.Delay = TimeSpan.FromMilliseconds(1);
            });
        }

        if (!handlerFirst)
        {
            client.AddDnsAwareHandler();
        }

        return services.BuildServiceProvider();
    }
}
