using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.DependencyInjection;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.DependencyInjection;

/// <summary>The factory rotates the primary handler. Other settings take effect; equal ones change nothing.</summary>
public sealed class RotatedPrimaryHandlerTests : IAsyncLifetime
{
    private const int Workers = 8;

    private readonly ServiceCollection _services = new();
    private readonly ScriptedResolver _dns = new();
    private readonly CapturingLogger _log = new();
    private WebApplication _server = null!;
    private int _port;
    private int _connections;
    private ServiceProvider? _provider;

    private NamedHandlers Handlers => (_provider ??= _services.BuildServiceProvider()).GetRequiredService<NamedHandlers>();

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(LoopbackServer.Certificate, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = static (_, _, _) => true;
            });
            listen.Use(next => connection =>
            {
                Interlocked.Increment(ref _connections);
                return next(connection);
            });
        }));
        _server = builder.Build();
        _server.MapGet("/certificate", static (HttpContext context) => context.Connection.ClientCertificate?.Subject ?? "none");
        _server.MapGet("/slow", static async (HttpContext context) =>
        {
            await context.Response.WriteAsync("0123456789");
            await context.Response.Body.FlushAsync();
            await Task.Yield();
            await context.Response.WriteAsync("abcdefghij");
        });
        await _server.StartAsync();
        _port = new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        _dns.Says("svc.test", 30, "127.0.0.1");
        _services.AddSingleton<INameResolver>(_dns).AddSingleton<ILoggerFactory>(_log);
    }

    public async Task DisposeAsync()
    {
        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task CertificateRotates_TheServerSeesTheNewOne_AndRequestsUnderLoadLoseNothing(string version)
    {
        using X509Certificate2 first = Certificate("CN=first");
        using X509Certificate2 second = Certificate("CN=second");
        X509Certificate2 current = first;
        _services.AddHttpClient("x").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(() => Primary(Volatile.Read(ref current)))
            .SetHandlerLifetime(TimeSpan.FromSeconds(1));
        _services.AddHttpClient("bare").ConfigurePrimaryHttpMessageHandler(() => Bare(Volatile.Read(ref current)))
            .SetHandlerLifetime(TimeSpan.FromSeconds(1));
        IHttpClientFactory factory = (_provider = _services.BuildServiceProvider()).GetRequiredService<IHttpClientFactory>();
        ConcurrentQueue<string> failures = [];
        using CancellationTokenSource stop = new();
        (await AskAsync("x")).Should().Be("CN=first");
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];

        Volatile.Write(ref current, second);

        await Eventually.Answers(() => AskAsync("bare"), "CN=second");
        await Eventually.Answers(() => AskAsync("x"), "CN=second");
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        failures.Should().BeEmpty();
        _log.Entries.Should().ContainSingle(entry => entry.Event == "PrimaryHandlerChanged").Which.Message.Should().Contain("\"x\"");

        async Task<string> AskAsync(string name, string path = "certificate")
        {
            using HttpClient client = factory.CreateClient(name);
            using HttpRequestMessage request = new(HttpMethod.Get, $"https://svc.test:{_port}/{path}")
            {
                Version = Version.Parse(version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using HttpResponseMessage response = await client.SendAsync(request);
            return await response.Content.ReadAsStringAsync();
        }

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    if (await AskAsync("x", "slow") is string body && body != "0123456789abcdefghij")
                    {
                        failures.Enqueue(body);
                    }
                }
                catch (Exception exception)
                {
                    failures.Enqueue(exception.ToString());
                }
            }
        }
    }

    [Fact]
    public async Task Lifetime_IsEndlessOnlyWhereThereIsNothingToRotate()
    {
        _services.AddHttpClient("nothing").AddDnsAwareHandler();
        _services.AddHttpClient("primary").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler());
        _services.AddHttpClient("before").SetHandlerLifetime(TimeSpan.FromMinutes(7)).AddDnsAwareHandler();
        _services.AddHttpClient("after").AddDnsAwareHandler().SetHandlerLifetime(TimeSpan.FromMinutes(7));
        await using ServiceProvider provider = _services.BuildServiceProvider();
        IOptionsMonitor<HttpClientFactoryOptions> options = provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>();

        options.Get("nothing").HandlerLifetime.Should().Be(Timeout.InfiniteTimeSpan);
        options.Get("primary").HandlerLifetime.Should().Be(new HttpClientFactoryOptions().HandlerLifetime);
        options.Get("before").HandlerLifetime.Should().Be(TimeSpan.FromMinutes(7));
        options.Get("after").HandlerLifetime.Should().Be(TimeSpan.FromMinutes(7));
    }

    [Fact]
    public async Task EqualHandlers_ChangeNothing()
    {
        using X509Certificate2 own = Certificate("CN=own");
        _services.AddHttpClient("x").AddDnsAwareHandler().ConfigurePrimaryHttpMessageHandler(() => Primary(own));
        using HttpMessageInvoker invoker = new(Handlers.Get("x", Primary(own))!, disposeHandler: false);
        await AskAsync(invoker);

        for (int rotation = 0; rotation < 5; rotation++)
        {
            using X509Certificate2 loaded = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
            Handlers.Get("x", Primary(loaded));
            await AskAsync(invoker);
        }

        _connections.Should().Be(1, "no pool was replaced and no connection closed");
        _log.Entries.Should().NotContain(entry => entry.Event == "PrimaryHandlerChanged");
    }

    [Fact]
    public async Task OtherSettings_BeforeTheFirstRequest_AreItsSettings()
    {
        using X509Certificate2 first = Certificate("CN=first");
        using X509Certificate2 second = Certificate("CN=second");
        _services.AddHttpClient("x").AddDnsAwareHandler();
        using HttpMessageInvoker invoker = new(Handlers.Get("x", Primary(first))!, disposeHandler: false);

        Handlers.Get("x", Primary(second));

        (await AskAsync(invoker)).Should().Be("CN=second");
    }

    [Fact]
    public async Task OptionsChangeAfterARotation_TheRotatedSettingsStay()
    {
        using X509Certificate2 first = Certificate("CN=first");
        using X509Certificate2 second = Certificate("CN=second");
        _services.AddHttpClient("x").AddDnsAwareHandler();
        DnsAwareHandler handler = Handlers.Get("x", Primary(first))!;
        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        await AskAsync(invoker);
        Handlers.Get("x", Primary(second));

        handler.Apply(new DnsAwareOptions { MaxEndpointsPerOrigin = 3 }).Should().BeTrue();

        (await AskAsync(invoker)).Should().Be("CN=second");
        await handler.WhenDrained();
    }

    [Fact]
    public async Task HandlerThatCannotBeUsed_IsLoggedOnceAndTheSettingsOfBeforeStay()
    {
        using X509Certificate2 own = Certificate("CN=own");
        _services.AddHttpClient("x").AddDnsAwareHandler();
        using HttpMessageInvoker invoker = new(Handlers.Get("x", Primary(own))!, disposeHandler: false);
        await AskAsync(invoker);

        Handlers.Get("x", new SocketsHttpHandler { ConnectCallback = static (_, _) => throw new NotSupportedException() });
        Handlers.Get("x", new SocketsHttpHandler { ConnectCallback = static (_, _) => throw new NotSupportedException() });

        (await AskAsync(invoker)).Should().Be("CN=own");
        _connections.Should().Be(1);
        _log.Entries.Where(entry => entry.Event == "PrimaryHandlerRefused").Select(entry => entry.Message).Should().Contain(message =>
            message.Contains("\"x\"") && message.Contains("ConnectCallback"));
    }

    [Fact]
    public async Task StubInARotation_IsLoggedAndTheSettingsOfBeforeStay()
    {
        using X509Certificate2 own = Certificate("CN=own");
        _services.AddHttpClient("x").AddDnsAwareHandler();
        using HttpMessageInvoker invoker = new(Handlers.Get("x", Primary(own))!, disposeHandler: false);

        Handlers.Get("x", new StubHandler());

        (await AskAsync(invoker)).Should().Be("CN=own");
        _log.Entries.Should().ContainSingle(entry => entry.Event == "PrimaryHandlerRefused");
    }

    private static SocketsHttpHandler Primary(X509Certificate2 certificate) => new()
    {
        SslOptions = { ClientCertificates = [certificate], RemoteCertificateValidationCallback = (_, _, _, _) => certificate is not null },
    };

    // The bare handler finds the server without DNS.
    private SocketsHttpHandler Bare(X509Certificate2 certificate)
    {
        SocketsHttpHandler handler = Primary(certificate);
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return handler;
    }

    private static X509Certificate2 Certificate(string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest(subject, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private async Task<string> AskAsync(HttpMessageInvoker invoker)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"https://svc.test:{_port}/certificate");
        using HttpResponseMessage response = await invoker.SendAsync(request, CancellationToken.None);
        return await response.Content.ReadAsStringAsync();
    }
}
