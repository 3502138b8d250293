using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;

namespace DnsAwareHttp.FidelityTests;

/// <summary>The name that a TLS client says (SNI, RFC 6066 section 3), and which requests share a connection because of it.</summary>
public sealed class ServerNameTests
{
    [Theory]
    [InlineData("svc.test", "svc.test", null, "SNI svc.test")]
    [InlineData("SVC.Test", "svc.test", null, "SNI svc.test")]
    [InlineData("svc.test.", "svc.test.", null, "SNI svc.test")]
    [InlineData("b\u00fccher.test", "xn--bcher-kva.test", null, "SNI b\u00fccher.test")]
    [InlineData("under_score.test", "under_score.test", null, "SNI under_score.test")]
    [InlineData("user@svc.test", "svc.test", null, "SNI svc.test")]
    [InlineData("127.0.0.1", "127.0.0.1", null, "SNI none")]
    [InlineData("svc.test", "svc.test", "other.test", "SNI other.test")]
    [InlineData("svc.test", "svc.test", "other.test:444", "SNI other.test")]
    [InlineData("svc.test", "svc.test", "127.0.0.1", "SNI none")]
    [InlineData("svc.test", "svc.test", "[::1]:80", "SNI none")]
    [InlineData("127.0.0.1", "127.0.0.1", "named.test", "SNI named.test")]
    public async Task ServerName_IsThatOfTheHostHeaderOrTheUri(string host, string resolved, string? header, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            if (!IPAddress.TryParse(resolved, out _))
            {
                trial.Host(resolved, "127.0.0.1");
            }

            ConcurrentQueue<string> names = new();
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), Noting(names));
            using HttpRequestMessage request = new(HttpMethod.Get, $"https://{host}:{server.Port}/");
            request.Headers.Host = header;
            await trial.SendAsync(trial.Client(Trial.TrustingAll()), request);
            trial.Transcript.Write(string.Join(", ", names));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(expected).And.Contain("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task RequestsWithOtherHostHeaders_ShareNoConnectionOverTls()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            ConcurrentQueue<string> names = new();
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), Noting(names));
            HttpClient client = trial.Client(Trial.TrustingAll());
            foreach (string? header in new[] { null, "a.test", "b.test", "a.test", null, "A.TEST", "svc.test", "a.test:81" })
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"https://svc.test:{server.Port}/");
                request.Headers.Host = header;
                await trial.SendAsync(client, request);
            }

            trial.Transcript.Write(string.Join(", ", names));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("SNI svc.test, SNI a.test, SNI b.test");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("svc.test", true)]
    [InlineData("deep.svc.test", true)]
    [InlineData("other.test", false)]
    [InlineData("127.0.0.1", false)]
    public async Task Certificate_MustBeForTheNameOfTheHostHeader(string? header, bool matches)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls());
            SocketsHttpHandler settings = new();
            settings.SslOptions.RemoteCertificateValidationCallback = (sender, _, _, errors) =>
            {
                trial.Transcript.Write($"asked for {((SslStream)sender).TargetHostName}: {errors}");
                return !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
            };
            using HttpRequestMessage request = new(HttpMethod.Get, $"https://svc.test:{server.Port}/");
            request.Headers.Host = header;
            await trial.SendAsync(trial.Client(settings), request);
        });

        seen.Should().Contain($"asked for {header ?? "svc.test"}");
        seen.Should().Contain(matches ? "HTTP/1.1 200 OK" : "SecureConnectionError");
    }

    [Theory]
    [InlineData("https://svc.test/", "svc.test:443", "svc.test")]
    [InlineData("https://svc.test:443/", "svc.test:443", "svc.test")]
    [InlineData("https://svc.test:80/", "svc.test:80", "svc.test:80")]
    [InlineData("https://SVC.test.:8443/", "svc.test.:8443", "svc.test.:8443")]
    public async Task Port_ThroughATunnel_IsNamedUnlessItIsTheSchemesOwn(string uri, string tunnel, string header)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(async connection =>
            {
                _ = await connection.ReadHeadAsync();
                await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\n");
                SslServerAuthenticationOptions tls = RawServer.Tls();
                await using SslStream inner = new(connection.Stream);
                tls.ServerCertificateSelectionCallback = (_, name) =>
                {
                    trial.Transcript.Write($"SNI {name}");
                    return LoopbackServer.Certificate;
                };
                tls.ServerCertificate = null;
                await inner.AuthenticateAsServerAsync(tls);
                byte[] head = new byte[4096];
                int read = await inner.ReadAsync(head);
                trial.Transcript.Write(System.Text.Encoding.Latin1.GetString(head, 0, read));
                await inner.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray());
                await inner.ShutdownAsync();
            });
            await trial.GetAsync(uri, Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"http://127.0.0.1:{proxy.Port}") }));
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain($"CONNECT {tunnel} HTTP/1.1\r\nHost: {tunnel}\r\n").And.Contain($"GET / HTTP/1.1\r\nHost: {header}\r\n").And.Contain("SNI svc.test");
    }

    private static SslServerAuthenticationOptions Noting(ConcurrentQueue<string> names)
    {
        SslServerAuthenticationOptions tls = RawServer.Tls();
        tls.ServerCertificate = null;
        tls.ServerCertificateSelectionCallback = (_, name) =>
        {
            names.Enqueue(string.IsNullOrEmpty(name) ? "SNI none" : $"SNI {name}");
            return LoopbackServer.Certificate;
        };
        return tls;
    }
}
