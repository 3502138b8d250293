using System.Net;
using System.Text.RegularExpressions;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Credentials for proxies, and for origins behind them.</summary>
public sealed partial class ProxyCredentialTests
{
    private const string Basic = "Basic realm=\"r\"";
    private const string Digest = "Digest realm=\"r\", qop=\"auth\", algorithm=MD5, nonce=\"abc\"";

    [Theory]
    [InlineData("http", Basic, "proxy", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("https", Basic, "proxy", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("http", Digest, "proxy", "Proxy-Authorization: Digest username=\"user\", realm=\"r\", nonce=\"abc\", uri=\"/1\"")]
    [InlineData("https", Digest, "proxy", "Proxy-Authorization: Digest username=\"user\", realm=\"r\", nonce=\"abc\", uri=\"/\"")]
    [InlineData("http", Basic, "default", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("https", Basic, "default", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("http", Basic, "both", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("http", Basic, "cache", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("https", Basic, "cache", "Proxy-Authorization: Basic dXNlcjp3b3Jk")]
    [InlineData("http", Basic, "none", "407")]
    [InlineData("http", Basic, "wrong", "407")]
    [InlineData("https", Basic, "wrong", "ProxyTunnelError status 407")]
    [InlineData("http", "Unheard", "proxy", "407")]
    [InlineData("http", Basic, "header", "Proxy-Authorization: Basic own")]
    [InlineData("https", Basic, "header", "ProxyTunnelError status 407")]
    public async Task ProxyAsksForCredentials_IsAnsweredTheSame(string originScheme, string challenge, string given, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = Origin(trial, originScheme);
            RawServer proxy = Demanding(trial, challenge);
            NetworkCredential user = new("user", given == "wrong" ? "other" : "word");
            CredentialCache cache = new() { { new Uri($"http://proxy.test:{proxy.Port}"), "Basic", user } };
            SocketsHttpHandler settings = new()
            {
                Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") { Credentials = given switch { "proxy" or "both" or "wrong" => user, "cache" => cache, _ => null } },
                DefaultProxyCredentials = given switch { "default" => user, "both" => new NetworkCredential("default", "word"), _ => null },
            };
            HttpClient client = trial.Client(Trial.TrustingAll(settings));
            foreach (string path in (string[])["/1", "/2"])
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"{originScheme}://origin.test:{origin.Port}{path}");
                if (given == "header")
                {
                    request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic own");
                }

                try
                {
                    using HttpResponseMessage response = await client.SendAsync(request);
                    trial.Transcript.Write($"{(int)response.StatusCode}");
                }
                catch (HttpRequestException failure)
                {
                    trial.Transcript.Write(failure);
                }
            }

            trial.Transcript.Write(WithoutRandom(proxy.Wire));
        });

        seen.Should().Contain(expected);
    }

    [Theory]
    [InlineData("http", true, 3)]
    [InlineData("http", false, 4)]
    [InlineData("https", true, 3)]
    [InlineData("https", false, 4)]
    public async Task PreAuthenticate_WorksTheSameThroughAProxy(string originScheme, bool preAuthenticate, int requests)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            int count = 0;
            string Answer(RawRequest request)
            {
                Interlocked.Increment(ref count);
                return request.Header("Authorization") is null
                    ? "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n" : RawServer.Ok;
            }

            RawServer origin = trial.Serve(RawServer.Answering(Answer), originScheme == "https" ? RawServer.Tls() : null, "ORIGIN");
            trial.Host("proxy.test", "127.0.0.1");
            RawServer proxy = trial.Serve(ProxyScript.Http(request => request.Method == "CONNECT" ? null : Answer(request)), name: "PROXY");
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler
            {
                Proxy = new WebProxy($"http://proxy.test:{proxy.Port}"),
                PreAuthenticate = preAuthenticate,
                Credentials = new NetworkCredential("user", "word"),
            }));
            foreach (string path in (string[])["/a/1", "/a/2"])
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"{originScheme}://origin.test:{origin.Port}{path}");
                await trial.SendAsync(client, request);
            }

            trial.Transcript.Write($"{count} requests, {proxy.Connections.Count} connections");
            trial.Transcript.Write(proxy.Wire + origin.Wire);
        });

        seen.Should().Contain("Authorization: Basic dXNlcjp3b3Jk").And.Contain($"{requests} requests, 1 connections");
    }

    [Theory]
    [InlineData("http", "http", true)]
    [InlineData("http", "http", false)]
    [InlineData("https", "https", true)]
    [InlineData("https", "https", false)]
    [InlineData("http", "https", false)]
    public async Task AfterARedirect_TheProxyIsAnsweredAndTheNextOriginIsNot(string from, string to, bool isBound)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer last = trial.Serve(RawServer.Answering(static _ => "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n"), to == "https" ? RawServer.Tls() : null, "LAST");
            string First(RawRequest request) => request.Header("Authorization") is null
                ? "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n"
                : RawServer.RedirectTo($"{to}://last.test:{last.Port}/next");
            RawServer first = trial.Serve(RawServer.Answering(First), from == "https" ? RawServer.Tls() : null, "ORIGIN");
            trial.Host("proxy.test", "127.0.0.1");
            RawServer proxy = trial.Serve(ProxyScript.Http(request =>
                request.Header("Proxy-Authorization") is null ? "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"
                : request.Method == "CONNECT" ? null
                : request.Target.Contains("last.test", StringComparison.Ordinal) ? "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n"
                : First(request)), name: "PROXY");
            NetworkCredential user = new("user", "word");
            CredentialCache bound = new() { { new Uri($"{from}://origin.test:{first.Port}"), "Basic", user }, { new Uri($"{to}://last.test:{last.Port}"), "Basic", new NetworkCredential("bound", "word") } };
            await trial.GetAsync($"{from}://origin.test:{first.Port}/", Trial.TrustingAll(new SocketsHttpHandler
            {
                Proxy = new WebProxy($"http://proxy.test:{proxy.Port}") { Credentials = new NetworkCredential("proxy", "word") },
                Credentials = isBound ? bound : user,
            }));
            trial.Transcript.Write(first.Wire);
            trial.Transcript.Write(last.Wire);

            // Requests that withhold credentials have connections of their own: what is sent is the same, over which connection is not.
            trial.Transcript.Write(string.Join('\n', proxy.Connections.OrderBy(connection => connection.Number).Select(connection => connection.Received)).Replace("\n\n", "\n", StringComparison.Ordinal));
        });

        seen.Should().Contain("HTTP/1.1 401 Who").And.Contain("Proxy-Authorization: Basic cHJveHk6d29yZA==").And.Contain("Authorization: Basic dXNlcjp3b3Jk");
        seen.Contains("Authorization: Basic Ym91bmQ6d29yZA==", StringComparison.Ordinal).Should().Be(isBound);
    }

    private static RawServer Origin(Trial trial, string scheme) =>
        trial.Serve(RawServer.Answering(static _ => RawServer.Ok), scheme == "https" ? RawServer.Tls() : null, "ORIGIN");

    private static RawServer Demanding(Trial trial, string challenge)
    {
        trial.Host("proxy.test", "127.0.0.1");
        return trial.Serve(ProxyScript.Http(request => IsEnough(request.Header("Proxy-Authorization"))
            ? null : $"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n"), name: "PROXY");
    }

    private static bool IsEnough(string? authorization) =>
        authorization is "Basic dXNlcjp3b3Jk" or "Basic own" || authorization?.StartsWith("Digest", StringComparison.Ordinal) == true;

    private static string WithoutRandom(string wire) => Random().Replace(wire, "$1=RANDOM");

    [GeneratedRegex("(response|cnonce)=\"[^\"]+\"")]
    private static partial Regex Random();
}
