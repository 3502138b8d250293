using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class DnsAwareHttpClientBuilderExtensionsTests : IAsyncLifetime
{
    private readonly ServiceCollection _services = new();
    private readonly ScriptedResolver _dns = new();
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, SetACookie, "127.0.0.1", "127.0.0.2");
        _dns.Says("svc.test", 30, "127.0.0.2");
        _services.AddSingleton<INameResolver>(_dns);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task NamedClient_FollowsDns()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();

        (await WhoAmI("x")).Should().Be("127.0.0.2");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PrimaryHandler_MayBeConfiguredBeforeOrAfter(bool before)
    {
        IHttpClientBuilder builder = _services.AddHttpClient("x");
        using SocketsHttpHandler primary = new();
        if (before)
        {
            builder.ConfigurePrimaryHttpMessageHandler(() => primary).AddDnsAwareHandler();
        }
        else
        {
            builder.AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(() => primary);
        }

        (await WhoAmI("x")).Should().Be("127.0.0.2");
        primary.CookieContainer.Count.Should().Be(1, "it is the wrapped handler, whose cookies all endpoints share");
    }

    [Fact]
    public async Task HandlersAddedBeforeOrAfter_SeeTheRequestAboveOurs()
    {
        List<string> seen = [];
        _services.AddHttpClient("x")
            .AddHttpMessageHandler(() => new Witness("before", seen)).AddDnsAwareHandler()
                .AddHttpMessageHandler(() => new Witness("after", seen));

        (await WhoAmI("x")).Should().Be("127.0.0.2");
        seen.Should().Equal("before svc.test", "after svc.test");
    }

    [Fact]
    public async Task Rotation_KeepsPoolsAndConnections()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        await using ServiceProvider provider = _services.BuildServiceProvider();
        HttpMessageHandlerBuilder Builder() => provider.GetRequiredService<HttpMessageHandlerBuilder>();
        Action<HttpMessageHandlerBuilder> build = provider.GetServices<IHttpMessageHandlerBuilderFilter>().Aggregate(
            (Action<HttpMessageHandlerBuilder>)(_ => { }), (next, filter) => filter.Configure(next));
        for (int rotation = 0; rotation < 100; rotation++)
        {
            HttpMessageHandlerBuilder builder = Builder();
            builder.Name = "x";
            builder.PrimaryHandler = new SocketsHttpHandler();
            build(builder);
            using HttpClient client = new(builder.Build());
            await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami");
        }

        _server.ConnectionsTo("127.0.0.2").Should().Be(1);
        provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get("x").HandlerLifetime.Should()
            .Be(Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public async Task FactorysOwnConnectionLifetime_IsNoneWhileOneThatTheUserSetsIsKept()
    {
        SocketsHttpHandler? factorys = null, users = null;
        _services.AddHttpClient("x").AddDnsAwareHandler().UseSocketsHttpHandler((handler, _) => factorys = handler);
        _services.AddHttpClient("y").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(
            () => users = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(7) });

        await WhoAmI("x");
        await WhoAmI("y");

        factorys!.PooledConnectionLifetime.Should().Be(Timeout.InfiniteTimeSpan);
        users!.PooledConnectionLifetime.Should().Be(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task FactorysMeterFactory_ReachesTheWrappedHandler()
    {
        SocketsHttpHandler? primary = null;
        _services.AddHttpClient("x").AddDnsAwareHandler().UseSocketsHttpHandler((handler, _) => primary = handler);

        await WhoAmI("x");

        primary!.MeterFactory.Should().NotBeNull();
    }

    [Fact]
    public async Task TwoNames_ShareTheCacheAndNotThePools()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        _services.AddHttpClient("y").AddDnsAwareHandler();
        await using ServiceProvider provider = _services.BuildServiceProvider();

        await WhoAmI("x", provider);
        await WhoAmI("y", provider);

        _dns.Questions("svc.test").Should().Be(1);
        _server.ConnectionsTo("127.0.0.2").Should().Be(2);
    }

    [Fact]
    public async Task Twice_IsOnce()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler().AddDnsAwareHandler(o => o.LoadBalancing = LoadBalancingPolicy.PickFirst);

        (await WhoAmI("x")).Should().Be("127.0.0.2");
        _server.ConnectionsTo("127.0.0.2").Should().Be(1);
    }

    [Fact]
    public async Task Defaults_ApplyToEachClient()
    {
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler());
        _services.AddHttpClient("x");

        (await WhoAmI("x")).Should().Be("127.0.0.2");
        (await WhoAmI("never mentioned")).Should().Be("127.0.0.2");
    }

    [Fact]
    public async Task KeyedClient_FollowsDns()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler().AddAsKeyed();
        await using ServiceProvider provider = _services.BuildServiceProvider();
        using IServiceScope scope = provider.CreateScope();

        (await scope.ServiceProvider.GetRequiredKeyedService<HttpClient>("x").GetStringAsync($"http://svc.test:{_server.Port}/whoami"))
            .Should().Be("127.0.0.2");
    }

    [Fact]
    public void WrongPrimaryHandler_SaysWhatToDo()
    {
        _services.AddHttpClient("orders").ConfigurePrimaryHttpMessageHandler(() => new StubHandler()).AddDnsAwareHandler();
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        use.Should().Throw<InvalidOperationException>()
            .WithMessage("*\"orders\"*StubHandler*UseSocketsHttpHandler()*RemoveDnsAwareHandler()*");
    }

    [Fact]
    public async Task Container_DisposesHandlersAndCache()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler();
        ServiceProvider provider = _services.BuildServiceProvider();
        HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
        await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami");

        await provider.DisposeAsync();

        await Eventually.Holds(() => _server.OpenConnections == 0, "the connection closes");
        await client.Invoking(c => c.GetAsync($"http://svc.test:{_server.Port}/whoami")).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public void WrongOptions_AreReportedWithTheName()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(o => o.MaxEndpointsPerOrigin = 0);
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
        Action start = () => provider.GetRequiredService<IStartupValidator>().Validate();

        use.Should().Throw<OptionsValidationException>()
            .WithMessage("HTTP client \"x\", MaxEndpointsPerOrigin is 0; give a number from 1 to 10000.");
        start.Should().Throw<OptionsValidationException>()
            .WithMessage("HTTP client \"x\", MaxEndpointsPerOrigin is 0; give a number from 1 to 10000.");
    }

    [Fact]
    public void Configuration_SetsOptions()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(Section(
            ("Membership", "Logical"), ("MembershipByHost:cdn.test", "Adaptive"),
            ("ServiceRecords:orders.test", "_http._tcp.orders.test"), ("DrainTimeout", "00:02:00"), ("MaxEndpointsPerOrigin", "8")));
        using ServiceProvider provider = _services.BuildServiceProvider();

        DnsAwareOptions options = provider.GetRequiredService<IOptionsMonitor<DnsAwareOptions>>().Get("x");

        options.Membership.Should().Be(MembershipMode.Logical);
        options.MembershipByHost["CDN.test"].Should().Be(MembershipMode.Adaptive);
        options.ServiceRecords["ORDERS.test"].Should().Be("_http._tcp.orders.test");
        options.DrainTimeout.Should().Be(TimeSpan.FromMinutes(2));
        options.MaxEndpointsPerOrigin.Should().Be(8);
    }

    [Theory]
    [InlineData("DrainTimeuot", "00:02:00",
        "HTTP client \"x\", Client:DrainTimeuot: there is no such option; give one of AddressFamily, *, DrainTimeout, *")]
    [InlineData("DrainTimeout", "soon", "HTTP client \"x\": *'soon'*'Client:DrainTimeout'*")]
    [InlineData("Membership", "Lax", "HTTP client \"x\": *'Lax'*'Client:Membership'*")]
    [InlineData("AddressFilter", "PublicOnly", "HTTP client \"x\", Client:AddressFilter: a delegate cannot come from configuration;*")]
    [InlineData("DrainTimeout", "00:00:00", "HTTP client \"x\", Client:DrainTimeout is 00:00:00; give a time above 0*")]
    [InlineData("MembershipByHost:svc.test", "9", "HTTP client \"x\", Client:MembershipByHost[\"svc.test\"] is 9;*")]
    public void Configuration_UnknownKeyOrWrongValue_IsAnErrorThatNamesIt(string key, string value, string message)
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(Section((key, value)));
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        use.Should().Throw<OptionsValidationException>().WithMessage(message);
    }

    [Fact]
    public void Configuration_OfAllClients_NamesThem()
    {
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler(Section(("MaxEndpointsPerOrigin", "0"))));
        _services.AddHttpClient("x");
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
        Action start = () => provider.GetRequiredService<IStartupValidator>().Validate();

        use.Should().Throw<OptionsValidationException>().WithMessage("HTTP client \"x\", Client:MaxEndpointsPerOrigin is 0;*");
        start.Should().Throw<OptionsValidationException>().WithMessage("All HTTP clients, Client:MaxEndpointsPerOrigin is 0;*");
    }

    [Fact]
    public void Configuration_ValueOfAnotherSection_NamesThePathOfTheOneThatSetsIt()
    {
        IConfiguration common = Section(("MaxEndpointsPerOrigin", "0"));
        IConfiguration own = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("Own:DrainTimeout", (string?)"00:00:00")]).Build().GetSection("Own");
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler(common));
        _services.AddHttpClient("x").AddDnsAwareHandler(own).AddDnsAwareHandler(options => options.ConnectTimeout = TimeSpan.Zero);
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        use.Should().Throw<OptionsValidationException>().Which.Failures.Select(failure => failure.Split(" is ")[0]).Should().BeEquivalentTo(
            "HTTP client \"x\", Client:MaxEndpointsPerOrigin", "HTTP client \"x\", Own:DrainTimeout", "HTTP client \"x\", ConnectTimeout");
    }

    [Fact]
    public void OptionsPattern_SetsOptionsOfANamedClient()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = 8);
        _services.Configure<DnsAwareOptions>("x", options => options.MaxEndpointsPerOrigin += 1);
        _services.ConfigureAll<DnsAwareOptions>(options => options.DrainTimeout = TimeSpan.FromMinutes(2));
        _services.PostConfigure<DnsAwareOptions>("x", options => options.LoadBalancing = LoadBalancingPolicy.PickFirst);
        using ServiceProvider provider = _services.BuildServiceProvider();

        DnsAwareOptions options = provider.GetRequiredService<IOptionsMonitor<DnsAwareOptions>>().Get("x");

        (options.MaxEndpointsPerOrigin, options.DrainTimeout, options.LoadBalancing).Should()
            .Be((9, TimeSpan.FromMinutes(2), LoadBalancingPolicy.PickFirst));
    }

    [Theory]
    [InlineData("", "DnsAwareOptions are configured without the name of a client*ConfigureAll*")]
    [InlineData("ordres", "*\"ordres\", which does not follow DNS: correct the name,*")]
    public void OptionsPattern_ForANameThatNoClientHas_IsAnErrorAtStartAndAtFirstUse(string name, string message)
    {
        _services.AddHttpClient("orders").AddDnsAwareHandler();
        _services.Configure<DnsAwareOptions>(name, options => options.DrainTimeout = TimeSpan.FromMinutes(2));
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        Action start = () => provider.GetRequiredService<IStartupValidator>().Validate();

        use.Should().Throw<OptionsValidationException>().WithMessage(message);
        start.Should().Throw<OptionsValidationException>().WithMessage(message);
    }

    [Theory]
    [InlineData("with a dependency")]
    [InlineData("afterwards")]
    [InlineData("in a class")]
    public void OptionsPattern_WithoutAName_IsAnErrorHoweverItIsWritten(string way)
    {
        _services.AddHttpClient("orders").AddDnsAwareHandler();
        _ = way switch
        {
            "with a dependency" => _services.AddOptions<DnsAwareOptions>().Configure<IHttpClientFactory>(static (options, _) => Set(options)).Services,
            "afterwards" => _services.PostConfigure<DnsAwareOptions>(Set),
            _ => _services.ConfigureOptions<Setup>(),
        };
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        use.Should().Throw<OptionsValidationException>().WithMessage("DnsAwareOptions are configured without the name of a client*ConfigureAll*");
    }

    [Fact]
    public void OptionsPattern_ForAllInEachWay_IsNoError()
    {
        _services.AddHttpClient("orders").AddDnsAwareHandler();
        _services.AddOptions<DnsAwareOptions>("orders").Configure<IHttpClientFactory>(static (options, _) => Set(options));
        _services.ConfigureAll<DnsAwareOptions>(Set);
        _services.PostConfigureAll<DnsAwareOptions>(static options => options.AddressFilter = _ => options is not null);
        using ServiceProvider provider = _services.BuildServiceProvider();

        provider.GetRequiredService<IStartupValidator>().Validate();
        provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders").Should().NotBeNull();
    }

    [Fact]
    public void OptionsPattern_ForAClientThatAllMakeFollowDns_IsNoError()
    {
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler());
        _services.Configure<DnsAwareOptions>("never mentioned", options => options.DrainTimeout = TimeSpan.FromMinutes(2));
        using ServiceProvider provider = _services.BuildServiceProvider();

        provider.GetRequiredService<IStartupValidator>().Validate();
        provider.GetRequiredService<IOptionsMonitor<DnsAwareOptions>>().Get("never mentioned").DrainTimeout.Should()
            .Be(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public void AddDnsCache_SetsItsOptionsAndIsOne()
    {
        _services.AddDnsCache(o => o.MaxEntries = 0);
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<DnsCache>();

        use.Should().Throw<OptionsValidationException>().WithMessage("DnsCacheOptions.MaxEntries is 0;*");
    }

    [Fact]
    public void AddDnsCache_TakesOptionsFromConfiguration()
    {
        _services.AddDnsCache(Section(
            ("MaxTtl", "00:01:00"), ("NameServers:0", "10.0.0.2"), ("NameServers:1", "10.0.0.3:5353"), ("NameSources:0", "Dns"),
            ("UseHostsFile", "false")));
        using ServiceProvider provider = _services.BuildServiceProvider();

        DnsCacheOptions options = provider.GetRequiredService<IOptions<DnsCacheOptions>>().Value;

        options.MaxTtl.Should().Be(TimeSpan.FromMinutes(1));
        options.NameServers.Should().Equal("10.0.0.2", "10.0.0.3:5353");
        options.NameSources.Should().Equal(NameSource.Dns);
        options.UseHostsFile.Should().BeFalse();
        provider.GetRequiredService<DnsCache>().Should().NotBeNull();
    }

    [Theory]
    [InlineData("MaxTtll", "00:01:00", "DnsCacheOptions, Client:MaxTtll: there is no such option; give one of Attempts, *")]
    [InlineData("MaxTtl", "soon", "DnsCacheOptions: *'soon'*'Client:MaxTtl'*")]
    [InlineData("MaxEntries", "0", "DnsCacheOptions, Client:MaxEntries is 0; give a number from 1 to 1000000.")]
    [InlineData("NameServers:0", "dns.example.com", "DnsCacheOptions, Client:NameServers[0] is \"dns.example.com\";*")]
    public void AddDnsCache_UnknownKeyOrWrongValueInConfiguration_IsAnErrorAtStart(string key, string value, string message)
    {
        _services.AddDnsCache(Section((key, value)));
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action start = () => provider.GetRequiredService<IStartupValidator>().Validate();

        start.Should().Throw<OptionsValidationException>().WithMessage(message);
    }

    private static void SetACookie(WebApplication app) => app.Use((context, next) =>
    {
        context.Response.Headers.SetCookie = "taste=good";
        return next(context);
    });

    private static IConfiguration Section(params (string Key, string Value)[] pairs) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(pairs.Select(pair => KeyValuePair.Create($"Client:{pair.Key}", (string?)pair.Value))).Build()
            .GetSection("Client");

    private async Task<string> WhoAmI(string name)
    {
        await using ServiceProvider provider = _services.BuildServiceProvider();
        return await WhoAmI(name, provider);
    }

    private Task<string> WhoAmI(string name, ServiceProvider provider) =>
        provider.GetRequiredService<IHttpClientFactory>().CreateClient(name).GetStringAsync($"http://svc.test:{_server.Port}/whoami");

    private sealed class Witness(string name, List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add($"{name} {request.RequestUri!.Host}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private static void Set(DnsAwareOptions options) => options.DrainTimeout = TimeSpan.FromMinutes(2);

    private sealed class Setup : IConfigureOptions<DnsAwareOptions>
    {
        public void Configure(DnsAwareOptions options) => Set(options);
    }
}
