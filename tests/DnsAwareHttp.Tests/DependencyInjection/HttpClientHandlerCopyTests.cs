using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.DependencyInjection;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class HttpClientHandlerCopyTests
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    // Settings that are copied in another form, and those without effect on any handler.
    private static readonly string[] WithoutCounterpart =
    [
        "CheckCertificateRevocationList", "ClientCertificateOptions", "ClientCertificates", "MaxRequestContentBufferSize",
        "ServerCertificateCustomValidationCallback", "SslProtocols", "SupportsAutomaticDecompression", "SupportsProxy",
        "SupportsRedirectConfiguration", "UseDefaultCredentials",
    ];

    [Fact]
    public void Copy_HasEverySetting()
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
    public void Copy_OfDefaultCredentials_HasThem()
    {
        using HttpClientHandler from = new() { UseDefaultCredentials = true };

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.Credentials.Should().BeSameAs(CredentialCache.DefaultCredentials);
    }

    [Fact]
    public void Copy_ChoosesTheClientCertificateAsTheRuntimeDoes()
    {
        using X509Certificate2 server = Certificate("CN=server", ServerUse);
        using X509Certificate2 client = Certificate("CN=client", ClientUse);
        using X509Certificate2 keyless = X509CertificateLoader.LoadCertificate(client.RawData);
        using HttpClientHandler from = new();
        from.ClientCertificates.AddRange((X509Certificate[])[server, keyless, client]);

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.SslOptions.LocalCertificateSelectionCallback!(this, "svc.test", [], null, []).Should().BeSameAs(client);
    }

    [Theory]
    [InlineData(X509KeyUsageFlags.DigitalSignature, true)]
    [InlineData(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment, false)]
    public void Copy_ChoosesACertificateWhoseKeyMaySign(X509KeyUsageFlags usage, bool isChosen)
    {
        using X509Certificate2 certificate = Certificate("CN=client", new X509KeyUsageExtension(usage, critical: true));
        using HttpClientHandler from = new();
        from.ClientCertificates.Add(certificate);

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.SslOptions.LocalCertificateSelectionCallback!(this, "svc.test", [], null, [])
            .Should().BeSameAs(isChosen ? certificate : null);
    }

    [Fact]
    public void Copy_SharesTheClientCertificates_SoThatLaterOnesCount()
    {
        using HttpClientHandler from = new();

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.SslOptions.ClientCertificates.Should().BeSameAs(from.ClientCertificates);
        copy.SslOptions.LocalCertificateSelectionCallback!(this, "svc.test", [], null, []).Should().BeNull();
    }

    [Fact]
    public void Copy_AsksTheCallbackForTheServersCertificate()
    {
        using X509Certificate2 certificate = Certificate("CN=server", ServerUse);
        List<(HttpRequestMessage Request, X509Certificate2? Certificate, SslPolicyErrors Errors)> asked = [];
        using HttpClientHandler from = new()
        {
            ServerCertificateCustomValidationCallback = (request, shown, _, errors) =>
            {
                asked.Add((request, shown, errors));
                return errors == SslPolicyErrors.None;
            },
        };

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        RemoteCertificateValidationCallback callback = copy.SslOptions.RemoteCertificateValidationCallback!;
        callback(this, certificate, null, SslPolicyErrors.RemoteCertificateNameMismatch).Should().BeFalse();
        callback(this, certificate, null, SslPolicyErrors.None).Should().BeTrue();
        asked.Should().HaveCount(2);
        asked.Should().OnlyContain(call => ReferenceEquals(call.Certificate, certificate) && call.Request.RequestUri == null);
    }

    [Fact]
    public void Copy_WithoutACallback_LeavesTheCheckToTheRuntime()
    {
        using HttpClientHandler from = new();

        using SocketsHttpHandler copy = HttpClientHandlerCopy.Make(from);

        copy.SslOptions.RemoteCertificateValidationCallback.Should().BeNull();
        copy.SslOptions.CertificateRevocationCheckMode.Should().Be(X509RevocationMode.NoCheck);
    }

    private static X509Certificate2 Certificate(string subject, string use) =>
        Certificate(subject, new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));

    private static X509Certificate2 Certificate(string subject, X509Extension extension)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(extension);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
