using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.DependencyInjection;

/// <summary>Which clients follow DNS, and the way to their handlers.</summary>
public sealed class DnsAwareHandlersTests : IAsyncLifetime
{
    private readonly ServiceCollection _services = new();
    private readonly ScriptedResolver _dns = new();
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2");
        _dns.Says("svc.test", 30, "127.0.0.2");
        _services.AddSingleton<INameResolver>(_dns);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task ClientNames_AreThoseThatWereUsed()
    {
        _services.AddHttpClient("b").AddDnsAwareHandler();
        _services.AddHttpClient("a").AddDnsAwareHandler();
        _services.AddHttpClient("unused").AddDnsAwareHandler();
        _services.AddHttpClient("plain");
        await using ServiceProvider provider = _services.BuildServiceProvider();
        IDnsAwareHandlers handlers = provider.GetRequiredService<IDnsAwareHandlers>();
        handlers.ClientNames.Should().BeEmpty();
        handlers.TryGetHandler("a", out _).Should().BeFalse();

        foreach (string name in new[] { "b", "a", "plain" })
        {
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(name);
        }

        handlers.ClientNames.Should().Equal("a", "b");
        handlers.TryGetHandler("a", out DnsAwareHandler? handler).Should().BeTrue();
        handler.Should().BeSameAs(InPipeline(provider, "a"));
        handlers.TryGetHandler("plain", out _).Should().BeFalse();
    }

    [Fact]
    public async Task GetSnapshots_AreThoseOfTheHandlersByName()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        _services.AddHttpClient("y").AddDnsAwareHandler();
        await using ServiceProvider provider = _services.BuildServiceProvider();
        IDnsAwareHandlers handlers = provider.GetRequiredService<IDnsAwareHandlers>();
        handlers.GetHandler("y");
        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
        await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami");

        IReadOnlyDictionary<string, DnsAwareSnapshot> snapshots = handlers.GetSnapshots();

        snapshots.Keys.Should().BeEquivalentTo("x", "y");
        snapshots["x"].Origins.Should().ContainSingle().Which.Host.Should().Be("svc.test");
        snapshots["y"].Origins.Should().BeEmpty();
    }

    [Fact]
    public async Task GetHandler_OfAnUnusedClient_IsTheOneThatItsFirstUseGets()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        await using ServiceProvider provider = _services.BuildServiceProvider();

        DnsAwareHandler handler = provider.GetRequiredService<IDnsAwareHandlers>().GetHandler("x");

        handler.Should().BeSameAs(InPipeline(provider, "x"));
    }

    [Fact]
    public async Task GetHandler_OfAClientThatDoesNotFollowDns_SaysWhatToDo()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        _services.AddHttpClient("plain");
        await using ServiceProvider provider = _services.BuildServiceProvider();

        Action get = () => provider.GetRequiredService<IDnsAwareHandlers>().GetHandler("plain");

        get.Should().Throw<InvalidOperationException>().WithMessage("*\"plain\"*AddDnsAwareHandler()*");
    }

    [Fact]
    public async Task AfterDisposalOfTheContainer_ThereIsNoHandler()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        ServiceProvider provider = _services.BuildServiceProvider();
        IDnsAwareHandlers handlers = provider.GetRequiredService<IDnsAwareHandlers>();
        handlers.GetHandler("x");

        await provider.DisposeAsync();

        handlers.ClientNames.Should().BeEmpty();
        handlers.GetSnapshots().Should().BeEmpty();
        handlers.TryGetHandler("x", out _).Should().BeFalse();
        handlers.Invoking(all => all.GetHandler("x")).Should().Throw<ObjectDisposedException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RemovedClient_OptsOutOfTheDefaultsWhicheverIsCalledFirst(bool removedFirst)
    {
        if (removedFirst)
        {
            _services.AddHttpClient("plain").RemoveDnsAwareHandler();
        }

        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler());
        if (!removedFirst)
        {
            _services.AddHttpClient("plain").RemoveDnsAwareHandler();
        }

        await using ServiceProvider provider = _services.BuildServiceProvider();

        Find(provider, "plain").Should().BeNull();
        Find(provider, "other").Should().NotBeNull();
        HttpClientFactoryOptions plain = provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get("plain");
        plain.HandlerLifetime.Should()
            .Be(new HttpClientFactoryOptions().HandlerLifetime, "a client that does not follow DNS needs its handlers rotated");
        PrimaryOf(provider, "plain").PooledConnectionLifetime.Should().Be(plain.HandlerLifetime);
    }

    [Fact]
    public async Task LastWordAboutAClient_Counts()
    {
        _services.AddHttpClient("on").RemoveDnsAwareHandler().AddDnsAwareHandler();
        _services.AddHttpClient("off").AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = 8).RemoveDnsAwareHandler();
        _services.AddHttpClient("on again").AddDnsAwareHandler().RemoveDnsAwareHandler().AddDnsAwareHandler();
        await using ServiceProvider provider = _services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();

        Find(provider, "on").Should().NotBeNull();
        Find(provider, "off").Should().BeNull();
        Find(provider, "on again").Should().NotBeNull();
    }

    [Fact]
    public async Task DefaultsTakenBack_LeaveClientsThatWereAddedByName()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler().RemoveDnsAwareHandler());
        await using ServiceProvider provider = _services.BuildServiceProvider();

        Find(provider, "x").Should().NotBeNull();
        Find(provider, "other").Should().BeNull();
    }

    [Fact]
    public async Task Removed_WithoutAnyThatWasAdded_ChangesNothing()
    {
        _services.AddHttpClient("plain").RemoveDnsAwareHandler();
        await using ServiceProvider provider = _services.BuildServiceProvider();

        Find(provider, "plain").Should().BeNull();
    }

    private static DnsAwareHandler InPipeline(ServiceProvider provider, string name) => Find(provider, name)!;

    private static DnsAwareHandler? Find(ServiceProvider provider, string name)
    {
        HttpMessageHandler? handler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);
        while (handler is DelegatingHandler outer and not DnsAwareHandler)
        {
            handler = outer.InnerHandler;
        }

        return handler as DnsAwareHandler;
    }

    private static SocketsHttpHandler PrimaryOf(ServiceProvider provider, string name)
    {
        HttpMessageHandler? handler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);
        while (handler is DelegatingHandler outer)
        {
            handler = outer.InnerHandler;
        }

        return (SocketsHttpHandler)handler!;
    }
}
