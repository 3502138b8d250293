using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using DnsAwareHttp.EcosystemTests.Harness;
using Microsoft.AspNetCore.Builder;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Dashboards;

/// <summary>docs/grafana/dnsaware-http.json asks for metrics and labels that there are.</summary>
[Collection(nameof(OneContainer))]
public sealed class GrafanaDashboardTests(ITestOutputHelper output) : EcosystemTest(output)
{
    // Labels that are not of the library: of the scrape, of histograms, and of the runtime's metrics.
    private static readonly string[] KnownLabels =
    [
        "job", "le", "server_address", "http_response_status_code", "http_connection_state", "error_type", "network_type",
        "dns_question_name",
    ];

    [Fact]
    public async Task EachMetric_IsOneOfTheLibraryOrOfTheRuntime()
    {
        IReadOnlyList<Instrument> instruments = await InstrumentsAsync();
        string[] asked = [.. Expressions().SelectMany(PromQl.Metrics).Distinct()];

        asked.Should().HaveCountGreaterThan(20).And.BeSubsetOf(instruments.SelectMany(PrometheusNames.Series));
    }

    [Fact]
    public void EachLabel_IsOneOfTheTagsThatThePagesDescribe()
    {
        string pages = string.Concat(Directory.EnumerateFiles(Repository.Docs, "*.md").Select(File.ReadAllText));
        IEnumerable<string> tags = Regex.Matches(pages, "`(dnsaware[.a-z_]+)`")
            .Select(match => PrometheusNames.Label(match.Groups[1].Value));

        Expressions().SelectMany(PromQl.Labels).Distinct().Should().BeSubsetOf([.. KnownLabels, .. tags]);
    }

    [Fact]
    public async Task TheExporter_TranslatesNamesAsTheTestDoes()
    {
        await using WebApplication exporter = await PrometheusExporter.StartAsync();
        string[] families = [.. (await InstrumentsAsync()).Select(PrometheusNames.Family)];
        using HttpClient scraper = new() { BaseAddress = new Uri(exporter.Urls.Single()) };

        string text = await scraper.GetStringAsync("/metrics");

        string[] scraped = [.. Regex.Matches(text, @"^# TYPE ((dnsaware|http_client)_\w+) ", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value)];
        scraped.Should().Contain("http_client_request_duration_seconds").And.Contain("dnsaware_lookup_duration_seconds");
        scraped.Should().BeSubsetOf(families);
    }

    [Fact]
    public void PanelsAndVariables_AreComplete()
    {
        using JsonDocument dashboard = Dashboard();
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];

        panels.Select(panel => panel.GetProperty("id").GetInt32()).Should().OnlyHaveUniqueItems();
        panels.Where(panel => panel.GetProperty("type").GetString() != "row").Should().HaveCountGreaterThan(20)
            .And.OnlyContain(panel => panel.GetProperty("targets").GetArrayLength() > 0 && panel.GetProperty("title").GetString() != "");
        string[] variables = [.. dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Select(variable => variable.GetProperty("name").GetString()!)];
        Expressions().SelectMany(expression => Regex.Matches(expression, @"\$(\w+)").Select(match => match.Groups[1].Value)).Distinct()
            .Should().BeSubsetOf([.. variables, "__rate_interval"]);
    }

    // A request through the library has both meters make their instruments.
    private async Task<IReadOnlyList<Instrument>> InstrumentsAsync()
    {
        using HttpClient client = new(Fleet.MakeHandler()) { BaseAddress = Fleet.Uri };
        (await client.GetStringAsync("address")).Should().NotBeEmpty();
        List<Instrument> instruments = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name is "DnsAwareHttp" or "System.Net.Http")
                {
                    instruments.Add(instrument);
                }
            },
        };
        listener.Start();
        return instruments;
    }

    private static JsonDocument Dashboard() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Docs, "grafana", "dnsaware-http.json")));

    /// <summary>All that Grafana asks Prometheus: of panels, annotations and variables.</summary>
    private static List<string> Expressions()
    {
        using JsonDocument dashboard = Dashboard();
        List<string> expressions = [];
        Collect(dashboard.RootElement, expressions);
        return expressions;
    }

    private static void Collect(JsonElement element, List<string> expressions)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                Collect(item, expressions);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (property is { Name: "expr" or "definition", Value.ValueKind: JsonValueKind.String })
                {
                    expressions.Add(ValuesOf(property.Value.GetString()!));
                }

                Collect(property.Value, expressions);
            }
        }
    }

    // label_values(metric{...}, label) of a variable asks for the metric.
    private static string ValuesOf(string definition) =>
        Regex.Replace(definition, @"^label_values\((.*),\s*(\w+)\)$", "count by ($2) ($1)");
}
