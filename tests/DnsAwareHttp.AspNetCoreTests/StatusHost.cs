using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.AspNetCoreTests;

/// <summary>An application with the status page, and a handler whose DNS says what the test says, on loopback.</summary>
internal sealed class StatusHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly LoopbackServer _server;

    private StatusHost(WebApplication application, LoopbackServer server, ScriptedResolver dns, DnsCache cache, DnsAwareHandler handler)
    {
        (_application, _server, Dns, Cache, Handler) = (application, server, dns, cache, handler);
        Client = new HttpClient(handler, disposeHandler: false);
        Address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Browser = new HttpClient { BaseAddress = new Uri(Address) };
    }

    public ScriptedResolver Dns { get; }

    public DnsCache Cache { get; }

    public DnsAwareHandler Handler { get; }

    /// <summary>Sends through the handler.</summary>
    public HttpClient Client { get; }

    /// <summary>Asks the application for its page.</summary>
    public HttpClient Browser { get; }

    public string Address { get; }

    public LoopbackServer Server => _server;

    public int Port => _server.Port;

    public static async Task<StatusHost> StartAsync(
        string name = "orders", Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2", "127.0.0.3");
        ScriptedResolver dns = new();
        DnsCache cache = new(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(200) }, dns);
        DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { Membership = MembershipMode.Strict }, cache);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddDnsAwareStatus(name, handler);
        configure?.Invoke(builder);
        WebApplication application = builder.Build();
        (map ?? (static app => app.MapDnsAwareHttp()))(application);
        await application.StartAsync();
        return new StatusHost(application, server, dns, cache, handler);
    }

    public Task<string> GetAsync(string host) => Client.GetStringAsync($"http://{host}:{Port}/whoami");

    public Task StopAsync() => _application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        Client.Dispose();
        Handler.Dispose();
        await Cache.DisposeAsync();
        await _application.DisposeAsync();
        await _server.DisposeAsync();
    }
}
