using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class HandlerTemplateTests
{
    // What an endpoint's handler has of its own; each has a test below.
    private static readonly string[] OfItsOwn =
        [nameof(SocketsHttpHandler.AllowAutoRedirect), nameof(SocketsHttpHandler.ConnectCallback), nameof(SocketsHttpHandler.UseProxy),
         nameof(SocketsHttpHandler.Proxy), nameof(SocketsHttpHandler.ActivityHeadersPropagator), nameof(SocketsHttpHandler.PooledConnectionLifetime), nameof(SocketsHttpHandler.SslOptions)];

    internal static readonly Dictionary<string, object?> Unusual = new()
    {
        [nameof(SocketsHttpHandler.AutomaticDecompression)] = DecompressionMethods.Brotli,
        [nameof(SocketsHttpHandler.ConnectTimeout)] = TimeSpan.FromSeconds(3),
        [nameof(SocketsHttpHandler.CookieContainer)] = new CookieContainer(),
        [nameof(SocketsHttpHandler.Credentials)] = new NetworkCredential("a", "b"),
        [nameof(SocketsHttpHandler.DefaultProxyCredentials)] = new NetworkCredential("c", "d"),
        [nameof(SocketsHttpHandler.EnableMultipleHttp2Connections)] = true,
        [nameof(SocketsHttpHandler.EnableMultipleHttp3Connections)] = true,
        [nameof(SocketsHttpHandler.Expect100ContinueTimeout)] = TimeSpan.FromSeconds(4),
        [nameof(SocketsHttpHandler.InitialHttp2StreamWindowSize)] = 123_456,
        [nameof(SocketsHttpHandler.KeepAlivePingDelay)] = TimeSpan.FromSeconds(5),
        [nameof(SocketsHttpHandler.KeepAlivePingPolicy)] = HttpKeepAlivePingPolicy.WithActiveRequests,
        [nameof(SocketsHttpHandler.KeepAlivePingTimeout)] = TimeSpan.FromSeconds(6),
        [nameof(SocketsHttpHandler.MaxAutomaticRedirections)] = 7,
        [nameof(SocketsHttpHandler.MaxConnectionsPerServer)] = 8,
        [nameof(SocketsHttpHandler.MaxResponseDrainSize)] = 9,
        [nameof(SocketsHttpHandler.MaxResponseHeadersLength)] = 10,
        [nameof(SocketsHttpHandler.MeterFactory)] = new NoMeters(),
        [nameof(SocketsHttpHandler.PlaintextStreamFilter)] = (Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>>)((c, _) => new(c.PlaintextStream)),
        [nameof(SocketsHttpHandler.PooledConnectionIdleTimeout)] = TimeSpan.FromSeconds(11),
        [nameof(SocketsHttpHandler.PreAuthenticate)] = true,
        [nameof(SocketsHttpHandler.RequestHeaderEncodingSelector)] = (HeaderEncodingSelector<HttpRequestMessage>)((_, _) => null),
        [nameof(SocketsHttpHandler.ResponseDrainTimeout)] = TimeSpan.FromSeconds(12),
        [nameof(SocketsHttpHandler.ResponseHeaderEncodingSelector)] = (HeaderEncodingSelector<HttpRequestMessage>)((_, _) => null),
        [nameof(SocketsHttpHandler.UseCookies)] = false,
    };

    internal static readonly Dictionary<string, object?> UnusualTls = new()
    {
        [nameof(SslClientAuthenticationOptions.AllowRenegotiation)] = false,
        [nameof(SslClientAuthenticationOptions.AllowTlsResume)] = false,
        [nameof(SslClientAuthenticationOptions.AllowRsaPkcs1Padding)] = false,
        [nameof(SslClientAuthenticationOptions.AllowRsaPssPadding)] = false,
        [nameof(SslClientAuthenticationOptions.ApplicationProtocols)] = new List<SslApplicationProtocol> { SslApplicationProtocol.Http11 },
        [nameof(SslClientAuthenticationOptions.CertificateChainPolicy)] = new X509ChainPolicy(),
        [nameof(SslClientAuthenticationOptions.CertificateRevocationCheckMode)] = X509RevocationMode.Online,
        [nameof(SslClientAuthenticationOptions.CipherSuitesPolicy)] = OperatingSystem.IsLinux() ? new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256]) : null,
        [nameof(SslClientAuthenticationOptions.ClientCertificateContext)] = SslStreamCertificateContext.Create(LoopbackServer.Certificate, null, offline: true),
        [nameof(SslClientAuthenticationOptions.ClientCertificates)] = new X509CertificateCollection { LoopbackServer.Certificate },
        [nameof(SslClientAuthenticationOptions.EnabledSslProtocols)] = SslProtocols.Tls13,
        [nameof(SslClientAuthenticationOptions.EncryptionPolicy)] = Enum.Parse<EncryptionPolicy>("AllowNoEncryption"),
        [nameof(SslClientAuthenticationOptions.LocalCertificateSelectionCallback)] = (LocalCertificateSelectionCallback)((_, _, _, _, _) => LoopbackServer.Certificate),
        [nameof(SslClientAuthenticationOptions.RemoteCertificateValidationCallback)] = (RemoteCertificateValidationCallback)((_, _, _, _) => false),
        [nameof(SslClientAuthenticationOptions.TargetHost)] = "other.test",
    };

    internal static readonly Dictionary<string, object?> UnusualChain = new()
    {
        [nameof(X509ChainPolicy.DisableCertificateDownloads)] = true,
        [nameof(X509ChainPolicy.RevocationFlag)] = X509RevocationFlag.EntireChain,
        [nameof(X509ChainPolicy.RevocationMode)] = X509RevocationMode.Offline,
        [nameof(X509ChainPolicy.TrustMode)] = X509ChainTrustMode.CustomRootTrust,
        [nameof(X509ChainPolicy.UrlRetrievalTimeout)] = TimeSpan.FromSeconds(7),
        [nameof(X509ChainPolicy.VerificationFlags)] = X509VerificationFlags.IgnoreNotTimeValid,
        [nameof(X509ChainPolicy.VerificationTime)] = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        [nameof(X509ChainPolicy.VerificationTimeIgnored)] = false,
    };

    public static TheoryData<string> ChainSettings() => [.. UnusualChain.Keys];

    public static TheoryData<string> Settings() => [.. Settable(typeof(SocketsHttpHandler)).Select(property => property.Name).Except(OfItsOwn)];

    public static TheoryData<string> TlsSettings() => [.. Settable(typeof(SslClientAuthenticationOptions)).Select(property => property.Name)];

    [Fact]
    public void EverySettingOfTheRuntimes_IsKnownHere()
    {
        Known(typeof(SocketsHttpHandler)).Should().BeEquivalentTo(
            [.. Unusual.Keys, .. OfItsOwn, nameof(SocketsHttpHandler.Properties)], "a setting that is new in the runtime is to be copied, one that is gone to be forgotten");
        Known(typeof(SslClientAuthenticationOptions)).Should().BeEquivalentTo(UnusualTls.Keys);
        Known(typeof(X509ChainPolicy)).Should().BeEquivalentTo(UnusualChain.Keys.Concat(
            [nameof(X509ChainPolicy.ApplicationPolicy), nameof(X509ChainPolicy.CertificatePolicy), nameof(X509ChainPolicy.CustomTrustStore), nameof(X509ChainPolicy.ExtraStore)]));
    }

    [Fact]
    public void ASettingOfALaterRuntime_WouldBeSeen()
    {
        Known(typeof(LaterRuntime)).Should().BeEquivalentTo(nameof(LaterRuntime.Set), nameof(LaterRuntime.SetOnce), nameof(LaterRuntime.Filled));
    }

    [Theory]
    [MemberData(nameof(ChainSettings))]
    public void EachChainSetting_ArrivesAndLaterChangesDoNot(string name)
    {
        PropertyInfo setting = typeof(X509ChainPolicy).GetProperty(name)!;
        using SocketsHttpHandler wrapped = new();
        X509ChainPolicy policy = wrapped.SslOptions.CertificateChainPolicy = new X509ChainPolicy();
        object? usual = setting.GetValue(policy);
        setting.SetValue(policy, UnusualChain[name]);
        setting.GetValue(policy).Should().NotBe(usual, "else this shows nothing");

        HandlerTemplate template = HandlerTemplate.ReadFrom(wrapped);
        setting.SetValue(policy, usual);

        using SocketsHttpHandler made = Make(template);
        setting.GetValue(made.SslOptions.CertificateChainPolicy).Should().Be(UnusualChain[name]);
    }

    [Fact]
    public void CollectionsOfTheTlsSettings_AreCopied()
    {
        using SocketsHttpHandler wrapped = new();
        SslClientAuthenticationOptions options = wrapped.SslOptions;
        options.ClientCertificates = new X509Certificate2Collection(LoopbackServer.Certificate);
        options.ApplicationProtocols = [SslApplicationProtocol.Http2];
        options.CertificateChainPolicy = new X509ChainPolicy();
        options.CertificateChainPolicy.CustomTrustStore.Add(LoopbackServer.Certificate);

        HandlerTemplate template = HandlerTemplate.ReadFrom(wrapped);
        options.ClientCertificates.Clear();
        options.ApplicationProtocols.Clear();
        options.CertificateChainPolicy.CustomTrustStore.Clear();
        using SocketsHttpHandler first = Make(template);
        first.SslOptions.ClientCertificates!.Clear();
        using SocketsHttpHandler second = Make(template);

        second.SslOptions.ClientCertificates.Should().BeOfType<X509Certificate2Collection>("a callback may know it by its type").Which.Should().ContainSingle();
        second.SslOptions.ApplicationProtocols.Should().ContainSingle();
        second.SslOptions.CertificateChainPolicy!.CustomTrustStore.Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void EachSettingOfTheRuntimes_ArrivesAtTheEndpointsHandler(string name)
    {
        Unusual.Should().ContainKey(name, "the runtime has a setting that is not copied yet");
        PropertyInfo setting = typeof(SocketsHttpHandler).GetProperty(name)!;
        using SocketsHttpHandler wrapped = new();
        setting.SetValue(wrapped, Unusual[name]);
        setting.GetValue(wrapped).Should().NotBe(setting.GetValue(new SocketsHttpHandler()), "else this shows nothing");

        using SocketsHttpHandler made = Make(HandlerTemplate.ReadFrom(wrapped));

        setting.GetValue(made).Should().Be(Unusual[name]);
    }

    [Theory]
    [MemberData(nameof(TlsSettings))]
    public void EachTlsSetting_ArrivesAndLaterChangesDoNot(string name)
    {
        UnusualTls.Should().ContainKey(name, "the runtime has a setting that is not copied yet");
        PropertyInfo setting = typeof(SslClientAuthenticationOptions).GetProperty(name)!;
        using SocketsHttpHandler wrapped = new();
        object? usual = setting.GetValue(wrapped.SslOptions);
        setting.SetValue(wrapped.SslOptions, UnusualTls[name]);

        HandlerTemplate template = HandlerTemplate.ReadFrom(wrapped);
        setting.SetValue(wrapped.SslOptions, usual);

        using SocketsHttpHandler made = Make(template);
        setting.GetValue(made.SslOptions).Should().BeEquivalentTo(UnusualTls[name]);
    }

    [Fact]
    public void WhatAnEndpointsHandlerHasOfItsOwn_IsNotThatOfTheWrapped()
    {
        using SocketsHttpHandler wrapped = new() { AllowAutoRedirect = true, UseProxy = true, Proxy = new WebProxy("http://elsewhere.test") };
        PinnedProxy proxy = new(new Uri("http://proxy.test:3128"), null);

        using SocketsHttpHandler direct = Make(HandlerTemplate.ReadFrom(wrapped));
        using SocketsHttpHandler proxied = HandlerTemplate.ReadFrom(wrapped).Make(Connect, proxy, authenticate: true);

        direct.AllowAutoRedirect.Should().BeFalse();
        direct.UseProxy.Should().BeFalse();
        direct.ConnectCallback.Should().BeSameAs((object)direct.ConnectCallback!);
        proxied.UseProxy.Should().BeTrue();
        proxied.Proxy.Should().BeSameAs(proxy);
    }

    [Fact]
    public void Lifetime_IsSpreadByATenthSoThatPoolsDoNotRenewTogether()
    {
        using SocketsHttpHandler wrapped = new() { PooledConnectionLifetime = TimeSpan.FromSeconds(100) };
        HandlerTemplate template = HandlerTemplate.ReadFrom(wrapped, new Random(1));

        TimeSpan[] lifetimes = [.. Enumerable.Range(0, 50).Select(_ => Make(template).PooledConnectionLifetime)];

        lifetimes.Should().OnlyContain(lifetime => lifetime >= TimeSpan.FromSeconds(90) && lifetime <= TimeSpan.FromSeconds(110));
        lifetimes.Distinct().Should().HaveCountGreaterThan(40);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Lifetime_NoneOrInfinite_StaysSo(int milliseconds)
    {
        using SocketsHttpHandler wrapped = new() { PooledConnectionLifetime = TimeSpan.FromMilliseconds(milliseconds) };

        Make(HandlerTemplate.ReadFrom(wrapped)).PooledConnectionLifetime.Should().Be(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Fact]
    public void Endpoints_ShareOneCookieContainerAndTheProperties()
    {
        using SocketsHttpHandler wrapped = new();
        wrapped.Properties["key"] = "value";
        HandlerTemplate template = HandlerTemplate.ReadFrom(wrapped);

        Make(template).CookieContainer.Should().BeSameAs(Make(template).CookieContainer).And.BeSameAs(wrapped.CookieContainer);
        Make(template).Properties.Should().Contain("key", "value");
    }

    [Fact]
    public void Propagator_IsTheCallersOwn_BehindOneThatRenewsWhereRedirectsAreFollowed()
    {
        DistributedContextPropagator own = DistributedContextPropagator.CreateNoOutputPropagator();
        using SocketsHttpHandler following = Make(HandlerTemplate.ReadFrom(new SocketsHttpHandler { ActivityHeadersPropagator = own }));
        using SocketsHttpHandler other = Make(HandlerTemplate.ReadFrom(new SocketsHttpHandler { ActivityHeadersPropagator = own, AllowAutoRedirect = false }));
        using SocketsHttpHandler none = Make(HandlerTemplate.ReadFrom(new SocketsHttpHandler { ActivityHeadersPropagator = null }));

        following.ActivityHeadersPropagator.Should().BeOfType<RenewingPropagator>();
        other.ActivityHeadersPropagator.Should().BeSameAs(own);
        none.ActivityHeadersPropagator.Should().BeNull();
    }

    [Fact]
    public void Credentials_AreWithheldOnDemand()
    {
        using SocketsHttpHandler wrapped = new() { Credentials = new NetworkCredential("a", "b") };
        HandlerTemplate template = HandlerTemplate.ReadFrom(wrapped);

        template.HasUnboundCredentials.Should().BeTrue();
        template.Make(Connect, null, authenticate: false).Credentials.Should().BeNull();
        Make(template).Credentials.Should().BeSameAs(wrapped.Credentials);
        HandlerTemplate.ReadFrom(new SocketsHttpHandler { Credentials = new CredentialCache() }).HasUnboundCredentials.Should().BeFalse();
    }

    [Fact]
    public void ProxyThatThrows_MeansNoProxy()
    {
        using SocketsHttpHandler wrapped = new() { Proxy = new BrokenProxy() };

        HandlerTemplate.ReadFrom(wrapped).ProxyFor(new Uri("http://svc.test/")).Should().BeNull();
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true });

    // What can be set, and what can be filled; read-only answers are neither.
    private static IEnumerable<string> Known(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true } || (!property.PropertyType.IsValueType && property.PropertyType != typeof(string)))
            .Select(property => property.Name);

    private static SocketsHttpHandler Make(HandlerTemplate template) => template.Make(Connect, null, authenticate: true);

    private static ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken) => throw new NotSupportedException();

    private sealed class LaterRuntime
    {
        public bool Set { get; set; }

        public string SetOnce { get; init; } = "";

        public IList<string> Filled { get; } = [];

        public string Answer => SetOnce;
    }

    private sealed class NoMeters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }

    private sealed class BrokenProxy : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => throw new InvalidOperationException();

        public bool IsBypassed(Uri host) => false;
    }

    [Fact]
    public void Make_ForOneWhosePeerWentSilent_PingsRarelyUnlessTheSettingsSayHow()
    {
        using SocketsHttpHandler silent = HandlerTemplate.ReadFrom(new SocketsHttpHandler()).Make((_, _) => default, null, true, ping: true);
        using SocketsHttpHandler other = HandlerTemplate.ReadFrom(new SocketsHttpHandler()).Make((_, _) => default, null, true);
        SocketsHttpHandler settings = new() { KeepAlivePingDelay = TimeSpan.FromSeconds(7), KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always };
        using SocketsHttpHandler own = HandlerTemplate.ReadFrom(settings).Make((_, _) => default, null, true, ping: true);

        silent.KeepAlivePingDelay.Should().Be(TimeSpan.FromMinutes(5), "servers may punish more frequent pings");
        silent.KeepAlivePingPolicy.Should().Be(HttpKeepAlivePingPolicy.WithActiveRequests);
        other.KeepAlivePingDelay.Should().Be(Timeout.InfiniteTimeSpan);
        own.KeepAlivePingDelay.Should().Be(TimeSpan.FromSeconds(7));
        own.KeepAlivePingPolicy.Should().Be(HttpKeepAlivePingPolicy.Always);
    }
}
