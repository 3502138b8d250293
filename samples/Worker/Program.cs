using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Worker;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(
    new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
await using LocalServer? server = builder.Configuration["Poll:Url"] is null ? await LocalServer.StartAsync() : null;

builder.Services.AddHttpClient("api").AddDnsAwareHandler(builder.Configuration.GetSection("Api"));
builder.Services.Configure<PollOptions>(builder.Configuration.GetSection("Poll"));
if (server is not null)
{
    builder.Services.PostConfigure<PollOptions>(options => options.Url = server.Url);
}

builder.Services.AddHostedService<Poller>();
try
{
    await builder.Build().RunAsync();
    return 0;
}
catch (Exception wrong) when (wrong is InvalidOperationException or OptionsValidationException)
{
    Console.Error.WriteLine(wrong.Message);
    return 1;
}
