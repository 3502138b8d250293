using System.Collections.Concurrent;
using System.Net.Security;
using DnsAwareHttp.DependencyInjection;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.DependencyInjection;

/// <summary>Primary handlers other than the default one.</summary>
public sealed class PrimaryHandlerTests : IAsyncLifetime
{
    private readonly ServiceCollection _services = new();
    private readonly ScriptedResolver _dns = new();
    private readonly CapturingLogger _log = new();
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: true, null, "127.0.0.1", "127.0.0.2");
        _dns.Says("svc.test", 30, "127.0.0.2");
        _services.AddSingleton<INameResolver>(_dns).AddSingleton<ILoggerFactory>(_log);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task HttpClientHandler_IsCopied_AndItsCertificateCallbackIsAsked()
    {
        ConcurrentQueue<(string? Host, bool HasCertificate, SslPolicyErrors Errors)> asked = new();
        _services.AddHttpClient("x").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (request, certificate, _, errors) =>
            {
                asked.Enqueue((request.RequestUri?.Host, certificate is not null, errors));
                return true;
            },
        });
        await using ServiceProvider provider = _services.BuildServiceProvider();
        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        (await client.GetStringAsync($"https://svc.test:{_server.Port}/whoami")).Should().Be("127.0.0.2");

        asked.Should().OnlyContain(call => call.Host == "svc.test" && call.HasCertificate && call.Errors != SslPolicyErrors.None)
            .And.NotBeEmpty();
        provider.GetRequiredService<IDnsAwareHandlers>().ClientNames.Should().Equal("x");
    }

    [Fact]
    public void ClassDerivedFromHttpClientHandler_IsRefused_BecauseItsOwnCodeWouldBeLost()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(() => new Derived());
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        use.Should().Throw<InvalidOperationException>().WithMessage("*\"x\"*Derived*UseSocketsHttpHandler()*");
    }

    [Fact]
    public async Task ForeignPrimaryHandler_OfAClientThatOnlyAllMakeFollowDns_IsLeftAsItIsWithOneWarning()
    {
        StubHandler stub = new();
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler());
        _services.AddHttpClient("x").ConfigurePrimaryHttpMessageHandler(() => stub);
        await using ServiceProvider provider = _services.BuildServiceProvider();

        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
        await client.GetAsync("http://svc.test/");
        provider.GetRequiredService<NamedHandlers>().Get("x", stub).Should().BeNull();

        stub.Requests.Should().Be(1);
        _log.Entries.Should().ContainSingle(entry => entry.Event == "PrimaryHandlerNotWrapped").Which.Message.Should().Contain("\"x\"")
            .And.Contain("StubHandler");
        provider.GetRequiredService<IDnsAwareHandlers>().Invoking(handlers => handlers.GetHandler("x")).Should()
            .Throw<InvalidOperationException>().WithMessage("*\"x\"*cannot be wrapped*");
    }

    [Fact]
    public async Task DnsAwareHandlerAsPrimaryHandler_FollowsDnsByItself()
    {
        using SocketsHttpHandler trusting = new() { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
        using DnsCache cache = new(resolver: _dns);
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler());
        _services.AddHttpClient("x").ConfigurePrimaryHttpMessageHandler(() => new DnsAwareHandler(trusting, cache: cache));
        await using ServiceProvider provider = _services.BuildServiceProvider();

        using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        (await client.GetStringAsync($"https://svc.test:{_server.Port}/whoami")).Should().Be("127.0.0.2");
        _log.Entries.Should().NotContain(entry => entry.Event == "PrimaryHandlerNotWrapped");
    }

    [Fact]
    public void DnsAwareHandlerAsPrimaryHandler_AndAddDnsAwareHandler_IsOneTooMany()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(() => new DnsAwareHandler());
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        use.Should().Throw<InvalidOperationException>().WithMessage("*\"x\"*leave out one of the two*");
    }

    [Fact]
    public void DnsAwareHandlerAsAdditionalHandler_SaysWhatToCallInstead()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler().AddHttpMessageHandler(() => new DnsAwareHandler());
        using ServiceProvider provider = _services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");

        use.Should().Throw<InvalidOperationException>().WithMessage("*\"x\"*AddHttpMessageHandler()*AddDnsAwareHandler()*");
    }

    private sealed class Derived : HttpClientHandler;
}
