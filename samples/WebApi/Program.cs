using DnsAwareHttp;
using OpenTelemetry.Metrics;
using WebApi;
using WebApi.Rpc;

WebApplicationBuilder builder = WebApplication.CreateBuilder(
    new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
ConfigurationManager configuration = builder.Configuration;
await using Backends backends = await Backends.StartAsync(configuration.GetSection("Backends"));

// Two named clients, each with its own section.
foreach (string name in new[] { "Orders", "Stock" })
{
    IConfigurationSection section = configuration.GetSection(name);
    builder.Services.AddHttpClient(name.ToLowerInvariant(), client => client.BaseAddress = section.GetValue<Uri>("Url"))
        .AddDnsAwareHandler(section.GetSection("FollowDns"));
}

// A client of gRPC beside them.
builder.Services.AddGrpcClient<Prices.PricesClient>(client => client.Address = configuration.GetValue<Uri>("Prices:Url"))
    .AddDnsAwareHandler();

// The sample's own DNS. Without these two lines names come from the hosts file and from DNS.
builder.Services.AddSingleton<FlippingDns>();
builder.Services.AddSingleton<INameResolver>(services => services.GetRequiredService<FlippingDns>());

builder.Services.AddHealthChecks().AddDnsAwareHttp();
builder.Services.AddOpenTelemetry()
    .WithMetrics(metrics => metrics.AddMeter("DnsAwareHttp", "System.Net.Http").AddPrometheusExporter());

builder.Services.AddSingleton<Load>();
builder.Services.AddHostedService(services => services.GetRequiredService<Load>());

WebApplication app = builder.Build();
app.MapDnsAwareHttp("/dns-aware"); // in production: .RequireAuthorization()
app.MapHealthChecks("/health");
app.MapPrometheusScrapingEndpoint("/metrics");
app.MapGet("/", FrontPage);
app.MapGet("/load", (Load load) => load.Counts);
app.MapPost("/flip", (FlippingDns dns) =>
{
    dns.Flip();
    return Results.Text(dns.Address.ToString());
});
await app.RunAsync();

static IResult FrontPage() => Results.Stream(typeof(Program).Assembly.GetManifestResourceStream("front.html")!, "text/html; charset=utf-8");
