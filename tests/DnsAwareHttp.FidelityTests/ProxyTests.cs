using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Requests through proxies of all kinds: what goes over the wire, and how connections are used again.</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData("http://origin.test/path?q=1#part", "GET http://origin.test/path?q=1 HTTP/1.1\r\nHost: origin.test\r\n")]
    [InlineData("http://origin.test:8080/", "GET http://origin.test:8080/ HTTP/1.1\r\nHost: origin.test:8080\r\n")]
    [InlineData("http://user:word@origin.test/", "GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n")]
    [InlineData("http://[2001:db8::1]:81/x", "GET http://[2001:db8::1]:81/x HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n")]
    [InlineData("http://192.0.2.7/", "GET http://192.0.2.7/ HTTP/1.1\r\nHost: 192.0.2.7\r\n")]
    [InlineData("http://bücher.test/", "GET http://xn--bcher-kva.test/ HTTP/1.1\r\nHost: xn--bcher-kva.test\r\n")]
    [InlineData("http://ORIGIN.test./", "GET http://origin.test./ HTTP/1.1\r\nHost: origin.test.\r\n")]
    [InlineData("http://localhost:1/", "GET http://localhost:1/ HTTP/1.1\r\nHost: localhost:1\r\n")]
    public async Task PlainRequest_IsSentToTheProxyInAbsoluteForm(string uri, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = Proxy(trial, "http");
            await trial.GetAsync(uri, new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") });
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.Contain(expected);
    }

    [Theory]
    [InlineData("HEAD", null, null)]
    [InlineData("POST", "the content", null)]
    [InlineData("PUT", "the content", "other.test")]
    [InlineData("OPTIONS", null, "other.test:99")]
    public async Task MethodContentAndHostHeader_GoThroughAPlainProxyAsTheyAre(string method, string? content, string? host)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(ProxyScript.Http(request => request.Method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : null), name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            using HttpRequestMessage request = new(new HttpMethod(method), "http://origin.test/");
            request.Headers.Host = host;
            request.Content = content is null ? null : new StringContent(content);
            await trial.SendAsync(trial.Client(new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") }), request);
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain($"{method} http://origin.test/ HTTP/1.1\r\nHost: {host ?? "origin.test"}\r\n").And.Contain("HTTP/1.1 200 OK").And.Contain(content ?? "request content: none");
    }

    [Theory]
    [InlineData("proxy.test", "http")]
    [InlineData("PROXY.test", "http")]
    [InlineData("proxy.test.", "http")]
    [InlineData("127.0.0.1", "http")]
    [InlineData("[::1]", "http")]
    [InlineData("localhost", "http")]
    [InlineData("prüfung.test", "http")]
    [InlineData("xn--prfung-4ya.test", "http")]
    [InlineData("proxy.test", "https")]
    [InlineData("[::1]", "https")]
    [InlineData("prüfung.test", "https")]
    [InlineData("prüfung.test", "socks5")]
    [InlineData("[::1]", "socks5")]
    [InlineData("127.0.0.1", "socks4a")]
    public async Task ProxysHost_MayBeWrittenInAnyWay(string host, string scheme)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("xn--prfung-4ya.test", "127.0.0.1");
            trial.Host("proxy.test.", "127.0.0.1");
            trial.Host("PROXY.test", "127.0.0.1");
            RawServer origin = trial.Serve(static _ => RawServer.Ok);
            RawServer proxy = Proxy(trial, scheme, host == "[::1]" ? "::1" : "127.0.0.1");
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://{host}:{proxy.Port}") }));
            using HttpRequestMessage first = new(HttpMethod.Get, $"http://origin.test:{origin.Port}/1");
            await trial.SendAsync(client, first);
            using HttpRequestMessage second = new(HttpMethod.Get, $"http://origin.test:{origin.Port}/2");
            await trial.SendAsync(client, second);
            trial.Transcript.Write($"{proxy.Connections.Count} connections");
            trial.Transcript.Write(origin.Wire);
            trial.Transcript.Write(scheme.StartsWith("http", StringComparison.Ordinal) ? proxy.Wire : "");
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.Contain("1 connections").And.Contain("Host: origin.test:PORT");
    }

    [Theory]
    [InlineData("http", "https://origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\nHost: origin.test:ORIGIN\r\n")]
    [InlineData("http", "https://user:word@origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("http", "https://bücher.test", "CONNECT xn--bcher-kva.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("http", "https://[::1]", "CONNECT [::1]:ORIGIN HTTP/1.1\r\n")]
    [InlineData("http", "https://127.0.0.1", "CONNECT 127.0.0.1:ORIGIN HTTP/1.1\r\n")]
    [InlineData("http", "ws://origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("http", "wss://origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("https", "http://origin.test", "GET http://origin.test:ORIGIN/ HTTP/1.1\r\n")]
    [InlineData("https", "https://origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("https", "ws://origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("https", "wss://origin.test", "CONNECT origin.test:ORIGIN HTTP/1.1\r\n")]
    [InlineData("socks4", "http://127.0.0.1", "socks4 0401 port ORIGIN address 7F000001 user 00 host 127.0.0.1")]
    [InlineData("socks4", "http://localhost", "socks4 0401 port ORIGIN address 7F000001 user 00 host 127.0.0.1")]
    [InlineData("socks4", "https://127.0.0.1", "socks4 0401 port ORIGIN address 7F000001 user 00 host 127.0.0.1")]
    [InlineData("socks4", "http://[2001:db8::1]", "ProxyTunnelError")]
    [InlineData("socks4a", "http://127.0.0.1", "socks4 0401 port ORIGIN address 7F000001 user 00 host 127.0.0.1")]
    [InlineData("socks4a", "http://origin.test", "socks4 0401 port ORIGIN address 000000FF user 00 host origin.test<0>")]
    [InlineData("socks4a", "https://bücher.test", "socks4 0401 port ORIGIN address 000000FF user 00 host xn--bcher-kva.test<0>")]
    [InlineData("socks4a", "ws://origin.test", "socks4 0401 port ORIGIN address 000000FF user 00 host origin.test<0>")]
    [InlineData("socks5", "http://127.0.0.1", "socks5 request 05010001 host 127.0.0.1 port ORIGIN")]
    [InlineData("socks5", "http://[::1]", "socks5 request 05010004 host ::1 port ORIGIN")]
    [InlineData("socks5", "http://origin.test", "socks5 request 05010003 host origin.test port ORIGIN")]
    [InlineData("socks5", "https://origin.test", "socks5 request 05010003 host origin.test port ORIGIN")]
    [InlineData("socks5", "https://bücher.test", "socks5 request 05010003 host xn--bcher-kva.test port ORIGIN")]
    [InlineData("socks5", "ws://origin.test", "socks5 request 05010003 host origin.test port ORIGIN")]
    [InlineData("socks5", "wss://origin.test", "socks5 request 05010003 host origin.test port ORIGIN")]
    public async Task Request_IsTunnelledThroughTheProxy(string scheme, string uri, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            bool isSecure = uri.StartsWith("https", StringComparison.Ordinal) || uri.StartsWith("wss", StringComparison.Ordinal);
            RawServer origin = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), isSecure ? RawServer.Tls() : null, "ORIGIN");
            RawServer proxy = Proxy(trial, scheme);
            await trial.GetAsync($"{uri}:{origin.Port}/", Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") }));

            // A client that gives up at once may be quicker than the proxy, which accepts its connection.
            await Eventually.Holds(() => proxy.Connections.Count > 0, "the proxy saw the connection");
            trial.Transcript.Write(scheme.StartsWith("http", StringComparison.Ordinal) ? proxy.Wire : $"{proxy.Connections.Count} connections");
            trial.Transcript.Write(origin.Wire);
        });

        seen.Should().Contain(expected);
        (seen.Contains("HTTP/1.1 200 OK", StringComparison.Ordinal) || expected == "ProxyTunnelError").Should().BeTrue(seen);
    }

    [Theory]
    [InlineData("http", true)]
    [InlineData("https", true)]
    [InlineData("socks4a", true)]
    [InlineData("socks5", true)]
    [InlineData("socks5", false)]
    [InlineData("http", false)]
    public async Task Http2_GoesThroughATunnel(string scheme, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer origin = await trial.ServeAsync(tls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http2, tls, name: "ORIGIN");
            RawServer proxy = Proxy(trial, scheme);
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") }));
            foreach (string path in (string[])["whoami", "gated"])
            {
                origin.Gate.TrySetResult();
                using HttpRequestMessage request = new(HttpMethod.Get, $"{(tls ? "https" : "http")}://svc.test:{origin.Port}/{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
                await trial.SendAsync(client, request);
            }

            // Ours has dialled the proxy before the runtime finds that it has no use for it.
            trial.Transcript.Write(scheme == "http" && !tls ? "no use" : $"{proxy.Connections.Count} connections");
        });

        seen.Should().Contain(scheme == "http" && !tls ? "VersionNegotiationError" : "HTTP/2.0 200").And.Contain(scheme == "http" && !tls ? "no use" : "1 connections");
    }

    [Theory]
    [InlineData("http", "http", 1)]
    [InlineData("https", "http", 1)]
    [InlineData("socks5", "http", 3)]
    [InlineData("http", "https", 3)]
    [InlineData("https", "https", 3)]
    [InlineData("socks4a", "https", 3)]
    public async Task SeveralOrigins_ShareAProxyButNoTunnel(string scheme, string originScheme, int connections)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), originScheme == "https" ? RawServer.Tls() : null, "ORIGIN");
            RawServer proxy = Proxy(trial, scheme);
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") }));
            for (int round = 0; round < 2; round++)
            {
                foreach (string host in (string[])["a.test", "b.test", "c.test"])
                {
                    using HttpRequestMessage request = new(HttpMethod.Get, $"{originScheme}://{host}:{origin.Port}/{round}");
                    await trial.SendAsync(client, request);
                }
            }

            trial.Transcript.Write($"{proxy.Connections.Count} connections");
            trial.Transcript.Write(origin.Wire);
        });

        seen.Should().Contain($"{connections} connections");
    }

    [Theory]
    [InlineData("http", "https")]
    [InlineData("socks5", "https")]
    [InlineData("http", "http")]
    public async Task SyncSend_GoesThroughAProxy(string scheme, string originScheme)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), originScheme == "https" ? RawServer.Tls() : null, "ORIGIN");
            RawServer proxy = Proxy(trial, scheme);
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") }));
            await Task.Run(async () =>
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"{originScheme}://origin.test:{origin.Port}/");
                using HttpResponseMessage response = client.Send(request);
                await trial.Transcript.WriteAsync(response);
            });
            trial.Transcript.Write($"{proxy.Connections.Count} connections");
        });

        seen.Should().Contain("1 connections").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task Upgrade_GoesThroughATunnel(string scheme)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(static async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
                await connection.WriteAsync((await connection.ReadUntilAsync("\n"))!);
            }, name: "ORIGIN");
            RawServer proxy = Proxy(trial, scheme);
            using HttpRequestMessage request = new(HttpMethod.Get, $"ws://origin.test:{origin.Port}/");
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.ParseAdd("echo");
            using HttpResponseMessage response = await trial.Client(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") }).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.WriteAsync("there and back\n"u8.ToArray());
            using StreamReader reader = new(stream);
            trial.Transcript.Write($"{(int)response.StatusCode} {await reader.ReadLineAsync()}");
            trial.Transcript.Write(origin.Wire);
        });

        seen.Should().Contain("101 there and back");
    }

    [Fact]
    public async Task OriginsCertificate_IsAskedForByTheOriginsName()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            List<string> names = [];
            SslServerAuthenticationOptions tls = new()
            {
                ServerCertificateSelectionCallback = (_, name) =>
                {
                    names.Add(name ?? "");
                    return LoopbackServer.Certificate;
                },
            };
            RawServer origin = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), tls, "ORIGIN");
            RawServer proxy = Proxy(trial, "http");
            using HttpRequestMessage request = new(HttpMethod.Get, $"https://origin.test:{origin.Port}/");
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") }));
            await trial.SendAsync(client, request);
            using HttpRequestMessage other = new(HttpMethod.Get, $"https://origin.test:{origin.Port}/");
            other.Headers.Host = "other.test";
            await trial.SendAsync(client, other);
            trial.Transcript.Write($"names {string.Join(' ', names)}, {proxy.Connections.Count} connections");
        });

        seen.Should().Contain("names origin.test other.test, 2 connections");
    }

    private static RawServer Proxy(Trial trial, string scheme, string address = "127.0.0.1")
    {
        trial.Host("proxy.test", "127.0.0.1");
        return trial.Serve(ProxyScript.Of(scheme, trial.Transcript), scheme == "https" ? RawServer.Tls() : null, "PROXY", address);
    }
}
