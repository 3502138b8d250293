using System.Net;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.DependencyInjection;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Handlers;

/// <summary>Each setting takes part in the comparison; equal values are the same.</summary>
public sealed class HandlerSettingsTests
{
    public static TheoryData<string> Settings() =>
        [.. HandlerTemplateTests.Unusual.Keys.Except([nameof(SocketsHttpHandler.CookieContainer)]),
         nameof(SocketsHttpHandler.AllowAutoRedirect), nameof(SocketsHttpHandler.ConnectCallback), nameof(SocketsHttpHandler.UseProxy),
         nameof(SocketsHttpHandler.Proxy), nameof(SocketsHttpHandler.ActivityHeadersPropagator),
         nameof(SocketsHttpHandler.PooledConnectionLifetime)];

    public static TheoryData<string> TlsSettings() => HandlerTemplateTests.TlsSettings();

    public static TheoryData<string> ChainSettings() => HandlerTemplateTests.ChainSettings();

    [Theory]
    [MemberData(nameof(Settings))]
    public void EachSetting_TakesPart(string name)
    {
        PropertyInfo setting = typeof(SocketsHttpHandler).GetProperty(name)!;
        object? unusual = name switch
        {
            nameof(SocketsHttpHandler.AllowAutoRedirect) => false,
            nameof(SocketsHttpHandler.ConnectCallback) =>
                (Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>)((_, _) => throw new NotSupportedException()),
            nameof(SocketsHttpHandler.UseProxy) => false,
            nameof(SocketsHttpHandler.Proxy) => new WebProxy("http://proxy.test"),
            nameof(SocketsHttpHandler.ActivityHeadersPropagator) => null,
            nameof(SocketsHttpHandler.PooledConnectionLifetime) => TimeSpan.FromMinutes(9),
            _ => HandlerTemplateTests.Unusual[name],
        };

        Differs(handler => setting.SetValue(handler, unusual));
    }

    [Theory]
    [MemberData(nameof(TlsSettings))]
    public void EachTlsSetting_TakesPart(string name) =>
        Differs(handler => typeof(SslClientAuthenticationOptions).GetProperty(name)!.SetValue(handler.SslOptions, HandlerTemplateTests.UnusualTls[name]));

    [Theory]
    [MemberData(nameof(ChainSettings))]
    public void EachChainSetting_TakesPart(string name)
    {
        if (name == nameof(X509ChainPolicy.VerificationTime))
        {
            // Counts only where it is not ignored.
            Chain().Should().BeTrue();
            Chain(policy => (policy.VerificationTimeIgnored, policy.VerificationTime) = (false, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc)),
                policy => (policy.VerificationTimeIgnored, policy.VerificationTime) = (false, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc))).Should().BeFalse();
            return;
        }

        Chain(policy => typeof(X509ChainPolicy).GetProperty(name)!.SetValue(policy, HandlerTemplateTests.UnusualChain[name])).Should().BeFalse();
    }

    [Fact]
    public void CollectionsOfTheChainPolicy_TakePart()
    {
        Chain(policy => policy.CustomTrustStore.Add(LoopbackServer.Certificate)).Should().BeFalse();
        Chain(policy => policy.ExtraStore.Add(LoopbackServer.Certificate)).Should().BeFalse();
        Chain(policy => policy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"))).Should().BeFalse();
        Chain(policy => policy.CertificatePolicy.Add(new("1.3.6.1.5.5.7.3.1"))).Should().BeFalse();
    }

    [Fact]
    public void EqualValuesInNewObjects_AreTheSame()
    {
        string secret = Guid.NewGuid().ToString();
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(LoopbackServer.Certificate.Export(X509ContentType.Pkcs12), null);
        AreSame(Make(LoopbackServer.Certificate), Make(certificate)).Should().BeTrue("the factory made all of it anew");

        SocketsHttpHandler Make(X509Certificate2 own)
        {
            // A new closure for each handler.
            string expected = new([.. secret]);
            return new SocketsHttpHandler
            {
                Credentials = new NetworkCredential("a", secret, "c"),
                Proxy = new WebProxy("http://proxy.test:3128", true, ["a.test"], new NetworkCredential("d", "e")),
                CookieContainer = new CookieContainer(),
                ConnectTimeout = TimeSpan.FromSeconds(3),
                Properties = { ["key"] = "value" },
                SslOptions =
                {
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    ClientCertificates = [own],
                    ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true),
                    CertificateChainPolicy = new X509ChainPolicy { CustomTrustStore = { own } },
                    CipherSuitesPolicy = OperatingSystem.IsLinux() ? new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256]) : null,
                    RemoteCertificateValidationCallback = (_, _, _, _) => own.Subject.Length > 0 && expected.Length > 0,
                },
            };
        }
    }

    [Fact]
    public void HttpClientHandlers_OfEqualSettings_AreTheSame()
    {
        AreSame(Copy(LoopbackServer.Certificate), Copy(LoopbackServer.Certificate)).Should().BeTrue();
        using TestAuthority authority = new();
        using X509Certificate2 other = authority.Certify("other.test");
        AreSame(Copy(LoopbackServer.Certificate), Copy(other)).Should().BeFalse();

        static SocketsHttpHandler Copy(X509Certificate2 own)
        {
            HttpClientHandler handler = new() { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
            handler.ClientCertificates.Add(own);
            return HttpClientHandlerCopy.Make(handler);
        }
    }

    [Fact]
    public void CertificateWithAndWithoutItsKey_Differ()
    {
        using X509Certificate2 withoutKey = X509CertificateLoader.LoadCertificate(LoopbackServer.Certificate.RawData);

        AreSame(
            new SocketsHttpHandler { SslOptions = { ClientCertificates = [LoopbackServer.Certificate] } },
            new SocketsHttpHandler { SslOptions = { ClientCertificates = [withoutKey] } }).Should().BeFalse();
    }

    [Fact]
    public void CertificateThatWasDisposed_Differs()
    {
        X509Certificate2 gone = X509CertificateLoader.LoadCertificate(LoopbackServer.Certificate.RawData);
        HandlerSettings before = HandlerSettings.Of(new SocketsHttpHandler { SslOptions = { ClientCertificates = [gone] } });
        gone.Dispose();

        HandlerSettings.Of(new SocketsHttpHandler { SslOptions = { ClientCertificates = [LoopbackServer.Certificate] } }).IsSameAs(before)
            .Should().BeFalse();
    }

    [Fact]
    public void CookiesOfResponses_ChangeNothing_CookiesOfTheApplicationDo()
    {
        using SocketsHttpHandler running = new();
        HandlerSettings before = HandlerSettings.Of(running);
        running.CookieContainer.Add(new Cookie("set", "by-a-response", "/", "svc.test"));

        HandlerSettings.Of(new SocketsHttpHandler()).IsSameAs(before).Should().BeTrue("both were made without cookies");

        Differs(handler => handler.CookieContainer.Add(new Cookie("set", "by-the-application", "/", "svc.test")));
        Differs(handler => handler.CookieContainer.PerDomainCapacity = 5);
    }

    [Fact]
    public void Properties_TakePart_ButForThePropertyThatHidesFromGrpc()
    {
        Differs(handler => handler.Properties["key"] = "value");
        using SocketsHttpHandler wrapped = new();
        using DnsAwareHandler ours = new(wrapped);

        AreSame(wrapped, new SocketsHttpHandler()).Should().BeTrue();
    }

    [Fact]
    public void ObjectsThatDoNotShowTheirValues_AreTheSameOnlyAsThemselves()
    {
        CredentialCache cache = new() { { new Uri("http://svc.test"), "Basic", new NetworkCredential("a", "b") } };

        AreSame(new SocketsHttpHandler { Credentials = cache }, new SocketsHttpHandler { Credentials = cache }).Should().BeTrue();
        AreSame(new SocketsHttpHandler { Credentials = cache }, new SocketsHttpHandler { Credentials = new CredentialCache() }).Should().BeFalse();
    }

    private static void Differs(Action<SocketsHttpHandler> change)
    {
        SocketsHttpHandler changed = new();
        change(changed);
        AreSame(changed, new SocketsHttpHandler()).Should().BeFalse();
        AreSame(new SocketsHttpHandler(), changed).Should().BeFalse();
        AreSame(changed, changed).Should().BeTrue();
    }

    private static bool Chain(Action<X509ChainPolicy>? change = null, Action<X509ChainPolicy>? other = null)
    {
        SocketsHttpHandler one = new() { SslOptions = { CertificateChainPolicy = new X509ChainPolicy() } };
        SocketsHttpHandler two = new() { SslOptions = { CertificateChainPolicy = new X509ChainPolicy() } };
        change?.Invoke(one.SslOptions.CertificateChainPolicy);
        other?.Invoke(two.SslOptions.CertificateChainPolicy);
        return AreSame(one, two);
    }

    private static bool AreSame(SocketsHttpHandler one, SocketsHttpHandler other) => HandlerSettings.Of(one).IsSameAs(HandlerSettings.Of(other));
}
