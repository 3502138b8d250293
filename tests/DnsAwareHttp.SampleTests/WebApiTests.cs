namespace DnsAwareHttp.SampleTests;

/// <summary>The web application to copy from: two named clients, gRPC, status page, health check and metrics.</summary>
[Collection(nameof(OneAfterTheOther))]
public sealed class WebApiTests
{
    private const string First = "127.0.0.2", Second = "127.0.0.3";

    // The gRPC client is named after its type.
    private static readonly string[] Clients = ["orders", "stock", "PricesClient"];

    [Fact]
    public async Task TheButton_MovesEveryClient_AndTheStatusPageShowsTheDrain()
    {
        await using WebApiSample sample = await WebApiSample.StartAsync();
        await WebApiSample.UntilAsync(() => EachClientIsAt(sample, First), $"all clients at {First}: {sample}");
        await SeveralReportsAreOpen(sample);

        using HttpResponseMessage flip = await sample.Browser.PostAsync("/flip", null);

        (await flip.Content.ReadAsStringAsync()).Should().Be(Second);
        await WebApiSample.UntilAsync(async () => IsDraining(await sample.EndpointsAsync("orders")), $"{First} drains: {sample}");
        await WebApiSample.UntilAsync(() => EachClientIsAt(sample, Second), $"all clients at {Second}, and {First} is drained: {sample}");
        (await sample.LoadAsync()).Failed.Should().Be(0, sample.ToString());
    }

    [Fact]
    public async Task HealthAndMetrics_AreServed()
    {
        await using WebApiSample sample = await WebApiSample.StartAsync();
        await SeveralReportsAreOpen(sample);

        (await sample.Browser.GetStringAsync("/health")).Should().Be("Healthy");
        await WebApiSample.UntilAsync(() => HasMetricsAsync(sample), "metrics of the library and of the runtime");
        (await sample.Browser.GetStringAsync("/")).Should().Contain("Flip DNS");
        (await sample.Browser.GetStringAsync("/dns-aware")).Should().Contain("orders.shop.test");
        (await sample.LoadAsync()).Failed.Should().Be(0, sample.ToString());
    }

    private static async Task<bool> EachClientIsAt(WebApiSample sample, string address)
    {
        foreach (string client in Clients)
        {
            IReadOnlyDictionary<string, string> endpoints = await sample.EndpointsAsync(client);
            if (endpoints.Count != 1 || endpoints.GetValueOrDefault(address) != "Ready")
            {
                return false;
            }
        }

        return true;
    }

    // One begins each second and takes six.
    private static Task SeveralReportsAreOpen(WebApiSample sample) =>
        WebApiSample.UntilAsync(async () => (await sample.LoadAsync()).Answered > 60, $"a load: {sample}");

    private static bool IsDraining(IReadOnlyDictionary<string, string> endpoints) =>
        endpoints.GetValueOrDefault(First) == "Draining" && endpoints.GetValueOrDefault(Second) == "Ready";

    private static async Task<bool> HasMetricsAsync(WebApiSample sample)
    {
        string[] ofClients = [.. (await sample.Browser.GetStringAsync("/metrics")).Split('\n').Where(line => line.Contains("shop.test"))];
        return ofClients.Any(line => line.StartsWith("dnsaware_", StringComparison.Ordinal))
            && ofClients.Any(line => line.StartsWith("http_client_", StringComparison.Ordinal));
    }
}
