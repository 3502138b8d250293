using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DnsAwareHttp.FidelityTests;

/// <summary>SslOptions: what the server sees of them, and what callbacks are told.</summary>
public sealed class TlsSettingsTests
{
    private static readonly X509Certificate2 Client = MakeCertificate("CN=client");

    public static TheoryData<string, string> Refusals() => new()
    {
        { "nobody trusts it", "SecureConnectionError" },
        { "the callback refuses", "SecureConnectionError" },
        { "the callback throws", "no opinion" },
        { "the server wants a newer protocol", "SecureConnectionError" },
        { "the server speaks no TLS", "SecureConnectionError" },
        { "the server ends the connection", "SecureConnectionError" },
        { "the server wants a certificate", "HttpRequestException" },
        { "no common ALPN protocol", "HttpRequestException" },
    };

    [Theory]
    [InlineData("1.1", "")]
    [InlineData("2.0", "h2")]
    [InlineData("2.0 or lower", "http/1.1")]
    [InlineData("own list", "")]
    [InlineData("own list over 2.0", "h2")]
    public async Task Alpn_IsWhatTheRequestsVersionAsksFor(string version, string offered)
    {
        string seen = await ShakeHandsAsync(
            settings => settings.SslOptions.ApplicationProtocols = version.StartsWith("own", StringComparison.Ordinal) ? [SslApplicationProtocol.Http11, new("mine")] : null,
            RawServer.Tls(offered.Length == 0 ? [] : [new SslApplicationProtocol(offered)]),
            request =>
            {
                request.Version = version.Contains("2.0", StringComparison.Ordinal) ? new Version(2, 0) : new Version(1, 1);
                request.VersionPolicy = version is "2.0" or "own list over 2.0" ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower;
            });

        seen.Should().Contain($"alpn {offered}").And.Contain("sni svc.test");
    }

    [Theory]
    [InlineData("none", "sni svc.test ")]
    [InlineData("other.svc.test", "sni svc.test ")]
    public async Task TargetHost_IsNotUsed(string host, string expected)
    {
        string seen = await ShakeHandsAsync(settings => settings.SslOptions.TargetHost = host == "none" ? null : host);

        seen.Should().Contain(expected).And.Contain("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task HostHeader_IsWhatTheServerIsAskedFor()
    {
        string seen = await ShakeHandsAsync(static _ => { }, request: static request => request.Headers.Host = "header.svc.test");

        seen.Should().Contain("sni header.svc.test ").And.Contain("Host: header.svc.test");
    }

    [Theory]
    [InlineData("collection")]
    [InlineData("callback")]
    [InlineData("context")]
    [InlineData("none")]
    [InlineData("empty")]
    public async Task ClientCertificate_IsPresented(string how)
    {
        SslServerAuthenticationOptions tls = RawServer.Tls();
        tls.ClientCertificateRequired = true;
        tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        string seen = await Twice.SameAsync(async trial => await ServeOneAsync(
            trial,
            settings =>
            {
                settings.SslOptions.ClientCertificates = how switch { "collection" => [Client], "empty" or "callback" => [], _ => null };
                settings.SslOptions.ClientCertificateContext = how == "context" ? SslStreamCertificateContext.Create(Client, null, offline: true) : null;
                if (how == "callback")
                {
                    settings.SslOptions.LocalCertificateSelectionCallback = (sender, host, local, remote, issuers) =>
                    {
                        trial.Transcript.Write($"select {sender.GetType().Name} {host} {local.GetType().Name} {local.Count} {remote?.Subject} {issuers.Length}");
                        return Client;
                    };
                }
            },
            tls));

        seen.Should().Contain($"client certificate {(how is "none" or "empty" ? "" : "CN=client")}\n").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData(X509RevocationMode.NoCheck)]
    [InlineData(X509RevocationMode.Offline)]
    public async Task ValidationCallback_IsToldTheSameOnceForEachConnection(X509RevocationMode revocation)
    {
        string seen = await Twice.SameAsync(async trial => await ServeOneAsync(trial, settings =>
        {
            settings.SslOptions.CertificateRevocationCheckMode = revocation;
            settings.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            {
                trial.Transcript.Write(
                    $"validate {sender.GetType().Name} {certificate?.Subject} {chain?.ChainElements.Count} {chain?.ChainPolicy.RevocationMode} {errors} "
                    + string.Join(",", chain?.ChainStatus.Select(static status => status.Status) ?? []));
                return true;
            };
        }));

        seen.Should().Contain($"validate SslStream CN=svc.test 1 {revocation} RemoteCertificateChainErrors").And.Contain("GET /second");
        seen.Split("validate").Should().HaveCount(2);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task EnabledSslProtocols_AreUsed(SslProtocols protocol)
    {
        string seen = await ShakeHandsAsync(settings => settings.SslOptions.EnabledSslProtocols = protocol);

        seen.Should().Contain($"protocol {protocol}");
    }

    [Fact]
    public async Task CertificateChainPolicy_IsUsed()
    {
        string seen = await ShakeHandsAsync(static settings =>
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(LoopbackServer.Certificate);
            settings.SslOptions.CertificateChainPolicy = policy;
            settings.SslOptions.RemoteCertificateValidationCallback = null;
        });

        seen.Should().Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Handshake_Fails_IsReportedTheSame(string why, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            SslServerAuthenticationOptions tls = RawServer.Tls(why == "no common ALPN protocol" ? [new SslApplicationProtocol("mine")] : []);
            tls.EnabledSslProtocols = why == "the server wants a newer protocol" ? SslProtocols.Tls13 : SslProtocols.None;
            tls.ClientCertificateRequired = why == "the server wants a certificate";
            RawServer server = trial.Serve(
                async connection =>
                {
                    if (why == "the server speaks no TLS")
                    {
                        await connection.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n");
                        await connection.ReadToEndAsync();
                    }
                    else if (why != "the server ends the connection")
                    {
                        await RawServer.Answering(static _ => RawServer.Ok)(connection);
                    }
                    else
                    {
                        await connection.ReadAsync(5);
                    }
                },
                why is "the server speaks no TLS" or "the server ends the connection" ? null : tls);
            SocketsHttpHandler settings = new();
            settings.SslOptions.EnabledSslProtocols = why == "the server wants a newer protocol" ? SslProtocols.Tls12 : SslProtocols.None;
            settings.SslOptions.RemoteCertificateValidationCallback = why switch
            {
                "nobody trusts it" => null,
                "the callback refuses" => static (_, _, _, _) => false,
                "the callback throws" => static (_, _, _, _) => throw new InvalidOperationException("no opinion"),
                _ => static (_, _, _, _) => true,
            };
            using HttpRequestMessage request = new(HttpMethod.Get, $"https://svc.test:{server.Port}/")
            {
                Version = new Version(2, 0),
                VersionPolicy = why == "no common ALPN protocol" ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
            };
            HttpClient client = trial.Client(settings);
            if (why == "the server wants a certificate")
            {
                // The client's handshake is over by then; whether an end or a reset is seen first is chance.
                trial.Transcript.Write((await Record.ExceptionAsync(() => client.SendAsync(request)))?.GetType().Name ?? "no exception");
            }
            else
            {
                await trial.SendAsync(client, request);
            }
        });

        seen.Should().Contain("Exception").And.Contain(expected);
    }

    private static Task<string> ShakeHandsAsync(Action<SocketsHttpHandler> change, SslServerAuthenticationOptions? tls = null, Action<HttpRequestMessage>? request = null) =>
        Twice.SameAsync(trial => ServeOneAsync(trial, change, tls, request));

    private static async Task ServeOneAsync(
        Trial trial, Action<SocketsHttpHandler> change, SslServerAuthenticationOptions? tls = null, Action<HttpRequestMessage>? changeRequest = null)
    {
        string handshake = "";
        RawServer server = trial.Serve(
            async connection =>
            {
                SslStream stream = (SslStream)connection.Stream;
                handshake = $"sni {stream.TargetHostName} alpn {stream.NegotiatedApplicationProtocol} protocol {stream.SslProtocol} client certificate {stream.RemoteCertificate?.Subject}\n";
                if (stream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
                {
                    FrameConnection frames = new(connection);
                    await frames.OpenAsync([]);
                    await FrameServer.AnswerAllAsync(frames);
                }

                await RawServer.Answering(static _ => RawServer.Ok)(connection);
            },
            tls ?? RawServer.Tls());
        SocketsHttpHandler settings = Trial.TrustingAll();
        change(settings);
        HttpClient client = trial.Client(settings);
        await trial.AskAsync(client, $"https://svc.test:{server.Port}/", changeRequest);
        await trial.AskAsync(client, $"https://svc.test:{server.Port}/second", changeRequest);
        trial.Transcript.Write(handshake);
        trial.Transcript.Write(handshake.Contains("alpn h2", StringComparison.Ordinal) ? $"{server.Connections.Count} connections" : server.Wire);
    }

    private static X509Certificate2 MakeCertificate(string name)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
