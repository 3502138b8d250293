using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    // Settings that are copied in another form, and those without effect on any handler.
    private static readonly string[] WithoutCounterpart =
    [
        "CheckCertificateRevocationList", "ClientCertificateOptions", "ClientCertificates", "MaxRequestContentBufferSize",
        "ServerCertificateCustomValidationCallback", "SslProtocols", "SupportsAutomaticDecompression", "SupportsProxy",
        "SupportsRedirectConfiguration", "UseDefaultCredentials",
    ];

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
    public void HttpClientHandlerCopy_HasEverySetting()
    {
        using HttpClientHandler from = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.Brotli,
            CheckCertificateRevocationList = true,
            CookieContainer = new CookieContainer(),
            Credentials = new NetworkCredential("a", "b"),
            DefaultProxyCredentials = new NetworkCredential("c", "d"),
            MaxAutomaticRedirections = 3,
            MaxConnectionsPerServer = 4,
            MaxResponseHeadersLength = 5,
            PreAuthenticate = true,
            Proxy = new WebProxy("http://proxy.test:3128"),
            SslProtocols = SslProtocols.Tls13,
            UseCookies = false,
            UseProxy = false,
        };
        from.Properties["key"] = "value";

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        string[] names = [.. typeof(HttpClientHandler).GetProperties().Where(property => !property.GetMethod!.IsStatic)
            .Select(property => property.Name).Except(WithoutCounterpart)];
        names.Should().HaveCountGreaterThan(10);
        foreach (string name in names)
        {
            object? expected = typeof(HttpClientHandler).GetProperty(name)!.GetValue(from);
            typeof(SocketsHttpHandler).GetProperty(name)!.GetValue(copy).Should().BeEquivalentTo(expected, name);
        }

        copy.SslOptions.EnabledSslProtocols.Should().Be(SslProtocols.Tls13);
        copy.SslOptions.CertificateRevocationCheckMode.Should().Be(X509RevocationMode.Online);
        copy.CookieContainer.Should().BeSameAs(from.CookieContainer);
    }

    [Fact]
    public void HttpClientHandlerCopy_OfDefaultCredentials_HasThem()
    {
        using HttpClientHandler from = new() { UseDefaultCredentials = true };

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.Credentials.Should().BeSameAs(CredentialCache.DefaultCredentials);
    }

    [Fact]
    public void HttpClientHandlerCopy_ChoosesTheClientCertificateAsTheRuntimeDoes()
    {
        using X509Certificate2 server = Certificate("CN=server", "1.3.6.1.5.5.7.3.1");
        using X509Certificate2 client = Certificate("CN=client", "1.3.6.1.5.5.7.3.2");
        using X509Certificate2 keyless = X509CertificateLoader.LoadCertificate(client.RawData);
        using HttpClientHandler from = new();
        from.ClientCertificates.AddRange((X509Certificate[])[server, keyless, client]);

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.SslOptions.LocalCertificateSelectionCallback!(this, "svc.test", [], null, []).Should().BeSameAs(client);
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

    private static X509Certificate2 Certificate(string subject, string use)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed class Derived : HttpClientHandler;
}
