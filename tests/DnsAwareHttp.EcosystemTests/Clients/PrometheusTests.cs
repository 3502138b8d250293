using System.Globalization;
using System.Text.RegularExpressions;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Clients;

/// <summary>OpenTelemetry.Exporter.Prometheus.AspNetCore, scraped while requests flow.</summary>
/// <remarks>
/// Not beside other tests: each container has a meter <c>System.Net.Http</c> of its own, and OpenTelemetry takes them for one. When another
/// test disposes its container, the metrics of that name end.
/// </remarks>
[Collection(nameof(OneContainer))]
public sealed class PrometheusTests(ITestOutputHelper output) : EcosystemTest(output)
{
    [Fact]
    public async Task EachScrapeWhileDnsFlips_HasTheMetricsOfTheRuntimeAndOfTheLibrary()
    {
        await using WebApplication exporter = await PrometheusExporter.StartAsync();
        using HttpClient scraper = new(new SocketsHttpHandler()) { BaseAddress = new Uri(exporter.Urls.Single()) };
        using HttpClient client = new(Fleet.MakeHandler()) { BaseAddress = Fleet.Uri };
        string server = $"server_address=\"{Fleet.Host}\",server_port=\"{Fleet.Port}\"";
        int requests = 0;
        double counted = 0;

        await FlipAsync(async () =>
        {
            string address = await client.GetStringAsync("address");
            int sent = Interlocked.Increment(ref requests);
            if (sent % 50 == 0)
            {
                (await scraper.GetStringAsync("/metrics")).Should().Contain(server);
            }

            return address;
        });

        // A measurement may come a moment after its answer.
        string text = "";
        for (int scrape = 0; scrape < 100 && counted < requests; scrape++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            text = await scraper.GetStringAsync("/metrics");
            counted = Sum(text, "http_client_request_duration_seconds_count", server);
        }

        counted.Should().Be(requests, "each request is measured once");
        Sum(text, "http_client_open_connections", server).Should().BePositive();
        Sum(text, "dnsaware_endpoint_count", server).Should().BePositive();
        Sum(text, "dnsaware_request_count_total", server).Should().BePositive();
        Sum(text, "dnsaware_cache_request_count_total", server).Should().BePositive();
        Sum(text, "dnsaware_convergence_duration_seconds_count", server).Should().BePositive();
        Sum(text, "dnsaware_drain_duration_seconds_count", server).Should().BePositive("the flips made addresses leave");
        Sum(text, "dnsaware_lookup_duration_seconds_count", $"dns_question_name=\"{Fleet.Host}\"").Should().BePositive();
    }

    private static double Sum(string text, string name, string labels) => text.Split('\n')
        .Where(line => Regex.IsMatch(line, $@"^{name}(_\w+)?\{{") && line.Contains(labels, StringComparison.Ordinal))
        .Sum(static line => double.Parse(Regex.Match(line, @"\} (\S+)").Groups[1].Value, CultureInfo.InvariantCulture));
}
