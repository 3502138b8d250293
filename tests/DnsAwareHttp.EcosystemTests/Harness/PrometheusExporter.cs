using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>An application that shows the metrics of the process to Prometheus.</summary>
internal static class PrometheusExporter
{
    public static async Task<WebApplication> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics
            .AddMeter("System.Net.Http", "DnsAwareHttp")
            .AddPrometheusExporter(static options => options.ScrapeResponseCacheDurationMilliseconds = 0));
        WebApplication app = builder.Build();
        app.MapPrometheusScrapingEndpoint();
        await app.StartAsync();
        return app;
    }
}
