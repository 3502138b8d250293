using System.Net;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What becomes of requests whose proxy refuses, misbehaves or is not there.</summary>
public sealed class ProxyFailureTests
{
    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "ProxyTunnelError status 403")]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n", "ProxyTunnelError status 407")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nno origin", "ProxyTunnelError status 502")]
    [InlineData("HTTP/1.1 503 Unavailable\r\nConnection: close\r\n\r\nnot today", "ProxyTunnelError status 503")]
    [InlineData("HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n", "ProxyTunnelError status 421")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n", "ProxyTunnelError status 302")]
    [InlineData("SSH-2.0-OpenSSH\r\nConnection: close\r\n\r\n", "InvalidResponse")]
    [InlineData("\r\nConnection: close\r\n", "HttpRequestException")]
    public async Task ConnectIsRefused_FailsTheSame(string answer, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(ProxyScript.Http(_ => answer), name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync("https://origin.test/", new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") });
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain(expected).And.Contain("CONNECT origin.test:443 HTTP/1.1").And.NotContain("connection 1");
    }

    [Theory]
    [InlineData("https://origin.test/", false, "ResponseEnded")]
    [InlineData("https://origin.test/", true, "SocketException ConnectionReset")]
    [InlineData("http://origin.test/", false, "ResponseEnded")]
    [InlineData("http://origin.test/", true, "SocketException ConnectionReset")]
    public async Task ProxyEndsTheConnection_FailsTheSameAndIsAskedAsOften(string uri, bool isReset, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                if (isReset)
                {
                    connection.Reset();
                }
            }, name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync(uri, new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") });
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain(expected).And.Contain("connection 0");
    }

    [Theory]
    [InlineData("http", "http://origin.test/")]
    [InlineData("http", "https://origin.test/")]
    [InlineData("https", "http://origin.test/")]
    [InlineData("https", "https://origin.test/")]
    [InlineData("http", "ws://origin.test/")]
    [InlineData("socks4", "http://127.0.0.1/")]
    [InlineData("socks4a", "http://origin.test/")]
    [InlineData("socks5", "https://origin.test/")]
    public async Task NobodyListensAtTheProxy_FailsTheSame(string scheme, string uri)
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            int port = LoopbackServer.FreePort();
            trial.Transcript.Name(port, "PROXY");
            await trial.GetAsync(uri, new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://127.0.0.1:{port}") });
        });

        seen.Should().Contain($"{HttpRequestError.ConnectionError}").And.Contain("127.0.0.1:PROXY");
    }

    [Theory]
    [InlineData("http", "http://origin.test/")]
    [InlineData("http", "https://origin.test/")]
    [InlineData("https", "https://origin.test/")]
    [InlineData("socks5", "https://origin.test/")]
    public async Task ProxysNameDoesNotResolve_IsTheSameKindOfErrorAndNamesTheProxy(string scheme, string uri)
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            using HttpRequestMessage request = new(HttpMethod.Get, uri);
            try
            {
                using HttpResponseMessage response = await trial.Client(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.invalid:3128") }).SendAsync(request);
            }
            catch (HttpRequestException failure)
            {
                // The reason is told in other words, for it is known in more detail.
                trial.Transcript.Write($"{failure.HttpRequestError} {failure.StatusCode} {failure.InnerException is System.Net.Sockets.SocketException} {failure.Message.EndsWith("(proxy.invalid:3128)", StringComparison.Ordinal)}");
            }
        });

        seen.Should().Be("NameResolutionError  True True");
    }

    [Theory]
    [InlineData("http", "https://origin.test")]
    [InlineData("socks5", "https://origin.test")]
    [InlineData("https", "https://origin.test")]
    public async Task OriginsTlsFails_FailsTheSameAndOnce(string scheme, string uri)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(static async connection =>
            {
                await connection.WriteAsync("this is no TLS at all, nothing like it");
                await connection.ReadToEndAsync();
            }, name: "ORIGIN");
            RawServer proxy = trial.Serve(ProxyScript.Of(scheme, trial.Transcript), scheme == "https" ? RawServer.Tls() : null, "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync($"{uri}:{origin.Port}/", Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") }));
            trial.Transcript.Write($"{origin.Connections.Count} connections");
        });

        seen.Should().Contain("SecureConnectionError").And.Contain("1 connections");
    }

    [Theory]
    [InlineData("http://origin.test/")]
    [InlineData("https://origin.test/")]
    public async Task ProxysCertificateIsNotTrusted_FailsTheSame(string uri)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(ProxyScript.Http(), RawServer.Tls(), "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync(uri, new SocketsHttpHandler { Proxy = new WebProxy($"https://proxy.test:{proxy.Port}") });
        });

        seen.Should().Contain("SecureConnectionError");
    }

    [Theory]
    [InlineData("socks4", 0x5B)]
    [InlineData("socks4a", 0x5D)]
    [InlineData("socks5", 0x01)]
    [InlineData("socks5", 0x02)]
    [InlineData("socks5", 0x04)]
    [InlineData("socks5", 0x05)]
    public async Task SocksProxyRefuses_FailsTheSame(string scheme, byte reply)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(scheme == "socks5" ? ProxyScript.Socks5(trial.Transcript, reply: reply) : ProxyScript.Socks4(trial.Transcript, reply), name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync("http://127.0.0.1:80/", new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") });
            trial.Transcript.Write($"{proxy.Connections.Count} connections");
        });

        seen.Should().Contain("ProxyTunnelError").And.Contain("1 connections");
    }

    [Theory]
    [InlineData(0xFF, 0, true, "ProxyTunnelError")]
    [InlineData(0xFF, 0, false, "ProxyTunnelError")]
    [InlineData(2, 0, true, "socks5 authentication 1 user word")]
    [InlineData(2, 1, true, "ProxyTunnelError")]
    [InlineData(2, 0, false, "ProxyTunnelError")]
    [InlineData(0, 0, true, "socks5 greeting 0502 methods 0002")]
    public async Task SocksProxyAsksForCredentials_IsAnsweredTheSame(byte method, byte authentication, bool hasCredentials, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), name: "ORIGIN");
            RawServer proxy = trial.Serve(ProxyScript.Socks5(trial.Transcript, method, authentication), name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync($"http://origin.test:{origin.Port}/", new SocketsHttpHandler
            {
                Proxy = new WebProxy($"socks5://proxy.test:{proxy.Port}") { Credentials = hasCredentials ? new NetworkCredential("user", "word") : null },
            });
            trial.Transcript.Write($"{proxy.Connections.Count} connections");
        });

        seen.Should().Contain(expected).And.Contain("1 connections");
    }

    [Theory]
    [InlineData("socks4", "SSH-2.0\r\n")]
    [InlineData("socks5", "SSH-2.0\r\n")]
    [InlineData("socks5", "")]
    public async Task SocksProxyIsNone_FailsTheSame(string scheme, string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(async connection =>
            {
                await connection.ReadAsync(3);
                await connection.WriteAsync(answer);
            }, name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            await trial.GetAsync("http://127.0.0.1:80/", new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") });
        });

        seen.Should().Contain("ProxyTunnelError");
    }

    [Theory]
    [InlineData("socks4a")]
    [InlineData("socks5")]
    public async Task ProxyWithoutAPort_FailsTheSame(string scheme)
    {
        string seen = await Twice.SameWithoutNamesAsync(trial => trial.GetAsync("http://origin.test/", new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://127.0.0.1") }));

        seen.Should().Contain("Exception");
    }

    [Theory]
    [InlineData("http", "GET")]
    [InlineData("http", "POST")]
    [InlineData("socks5", "GET")]
    [InlineData("socks5", "POST")]
    public async Task OriginBehindATunnelEndsTheConnection_IsAskedAsOften(string scheme, string method)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(static connection => connection.ReadRequestAsync(), RawServer.Tls(), "ORIGIN");
            RawServer proxy = trial.Serve(ProxyScript.Of(scheme, trial.Transcript), name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            using HttpRequestMessage request = new(new HttpMethod(method), $"https://origin.test:{origin.Port}/");
            request.Content = method == "POST" ? new StringContent("once") : null;
            await trial.SendAsync(trial.Client(Trial.TrustingAll(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}") })), request);
            trial.Transcript.Write(origin.Wire);
        });

        seen.Should().Contain("ResponseEnded").And.Contain($"{method} / HTTP/1.1");
    }

    [Theory]
    [InlineData("http", "https://origin.test/", "TaskCanceledException")]
    [InlineData("https", "https://origin.test/", "TaskCanceledException")]
    [InlineData("socks4a", "http://origin.test/", "ProxyTunnelError")]
    [InlineData("socks5", "https://origin.test/", "ProxyTunnelError")]
    public async Task ProxyAnswersNothing_TimesOutTheSame(string scheme, string uri, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(static connection => connection.ReadToEndAsync(), scheme == "https" ? RawServer.Tls() : null, "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            SocketsHttpHandler settings = new() { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}"), ConnectTimeout = TimeSpan.FromMilliseconds(700) };
            using HttpRequestMessage request = new(HttpMethod.Get, uri);
            await FailAsync(trial, trial.Client(Trial.TrustingAll(settings)), request, CancellationToken.None);
        });

        seen.Should().Contain(expected);
    }

    [Theory]
    [InlineData("http", "https://origin.test/")]
    [InlineData("http", "http://origin.test/")]
    [InlineData("socks5", "https://origin.test/")]
    public async Task CancelledWhileTheProxyThinks_FailsTheSame(string scheme, string uri)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer proxy = trial.Serve(async connection =>
            {
                await connection.ReadAsync(3);
                asked.SetResult();
                await connection.ReadToEndAsync();
            }, name: "PROXY");
            trial.Host("proxy.test", "127.0.0.1");
            using CancellationTokenSource cancel = new();
            using HttpRequestMessage request = new(HttpMethod.Get, uri);
            HttpClient client = trial.Client(new SocketsHttpHandler { Proxy = new WebProxy($"{scheme}://proxy.test:{proxy.Port}"), ConnectTimeout = TimeSpan.FromSeconds(20) });
            Task sending = FailAsync(trial, client, request, cancel.Token);
            await asked.Task;
            await cancel.CancelAsync();
            await sending;
            trial.Transcript.Write($"{proxy.Connections.Count} connections");
        });

        seen.Should().Contain("TaskCanceledException").And.Contain("1 connections");
    }

    // What lies within depends on what the runtime's own read sees first, as it closes a connection that it still reads from: the end or the closing.
    private static async Task FailAsync(Trial trial, HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Exception? failure = await Record.ExceptionAsync(() => client.SendAsync(request, cancellationToken));
        trial.Transcript.Write($"{failure?.GetType().Name} {(failure as HttpRequestException)?.HttpRequestError} within it {(failure?.InnerException is TimeoutException ? "a timeout" : "no timeout")}");
    }
}
