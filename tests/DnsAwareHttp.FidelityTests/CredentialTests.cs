using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Credentials: who is given them, when, and on which connection.</summary>
public sealed partial class CredentialTests
{
    private const string Basic = "Basic realm=\"r\"";

    public static TheoryData<string, string> Kinds()
    {
        TheoryData<string, string> rows = [];
        foreach (string kind in new[] { "network", "own", "cache for the host", "cache for another host", "cache for Digest", "default", "none", "network with domain", "empty" })
        {
            foreach (string challenge in new[] { Basic, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"" })
            {
                rows.Add(kind, challenge);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Challenge_IsAnsweredFromTheCredentialsGiven(string kind, string challenge)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Randoms());
            RawServer server = trial.Serve(request => request.Header("Authorization") is null ? Unauthorized(challenge) : RawServer.Ok);
            await trial.AskAsync(trial.Client(With(kind, server)), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        bool answers = kind is "network" or "own" or "network with domain" or "empty" || kind == (challenge == Basic ? "cache for the host" : "cache for Digest");
        seen.Contains("\nAuthorization: ").Should().Be(answers);
    }

    [Theory]
    [InlineData("Unheard-of realm=\"r\"", false)]
    [InlineData("", false)]
    [InlineData("Basic", true)]
    [InlineData("basic REALM=r", true)]
    [InlineData("Unheard-of realm=\"r\", Basic realm=\"r\"", true)]
    [InlineData("Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", true)]
    [InlineData("Digest realm=\"r\", nonce=\"n\", algorithm=UNKNOWN\r\nWWW-Authenticate: Basic realm=\"r\"", false)]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=\"unknown\"", true)]
    [InlineData("Digest realm=\"r\"", false)]
    [InlineData("Bearer error=\"invalid_token\"", false)]
    [InlineData("nonsense, =, \"", false)]
    public async Task ChallengeOfAnyScheme_IsAnsweredWhereTheRuntimeDoes(string challenge, bool isAnswered)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Randoms());
            RawServer server = trial.Serve(request => request.Header("Authorization") is null ? Unauthorized(challenge) : RawServer.Ok);
            await trial.AskAsync(trial.Client(With("network", server)), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Contains("\nAuthorization: ").Should().Be(isAnswered);
    }

    [Theory]
    [InlineData("", null, "GET")]
    [InlineData("", "auth", "GET")]
    [InlineData("", "auth,auth-int", "POST")]
    [InlineData("", "auth-int", "POST")]
    [InlineData("MD5", null, "GET")]
    [InlineData("MD5", "auth", "POST")]
    [InlineData("MD5-sess", "auth", "GET")]
    [InlineData("SHA-256", null, "GET")]
    [InlineData("SHA-256", "auth", "GET")]
    [InlineData("SHA-256-sess", "auth", "PUT")]
    [InlineData("SHA-256", "auth-int", "PUT")]
    public async Task Digest_ComputesWhatTheServerExpects(string algorithm, string? qop, string method)
    {
        string challenge = $"Digest realm=\"the realm\", nonce=\"abc\", opaque=\"o\"{(algorithm.Length > 0 ? $", algorithm={algorithm}" : "")}{(qop is null ? "" : $", qop=\"{qop}\"")}";
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Randoms());
            RawServer server = trial.Serve(request => request.Header("Authorization") is not string answer ? Unauthorized(challenge)
                : IsRight(request, answer, algorithm) ? RawServer.Ok : "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            using HttpRequestMessage request = new(new HttpMethod(method), $"http://svc.test:{server.Port}/a?b=c d");
            request.Content = method == "GET" ? null : new StringContent("the content");
            await trial.SendAsync(trial.Client(With("network", server)), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.Contain("Authorization: Digest username=\"user\"");
    }

    [Theory]
    [InlineData("stale=true", 3)]
    [InlineData("stale=TRUE", 2)]
    [InlineData("stale=false", 2)]
    [InlineData("realm=\"r\"", 2)]
    public async Task Digest_StaleNonceIsAnsweredOnceMore(string second, int requests)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Randoms());
            RawServer server = trial.Serve(request => request.Header("Authorization") is not string answer ? Unauthorized("Digest realm=\"r\", nonce=\"1\", qop=\"auth\"")
                : answer.Contains("nonce=\"1\"", StringComparison.Ordinal) ? Unauthorized($"Digest realm=\"r\", nonce=\"2\", qop=\"auth\", {second}") : RawServer.Ok);
            await trial.AskAsync(trial.Client(With("network", server)), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Split("GET / HTTP/1.1").Should().HaveCount(requests + 1);
    }

    [Theory]
    [InlineData(Basic)]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")]
    public async Task WrongPassword_IsTriedOnce(string challenge)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Randoms());
            RawServer server = trial.Serve(_ => Unauthorized(challenge));
            await trial.AskAsync(trial.Client(With("network", server)), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 401");
        seen.Split("GET / HTTP/1.1").Should().HaveCount(3);
    }

    [Theory]
    [InlineData("bytes", false)]
    [InlineData("stream", false)]
    [InlineData("bytes", true)]
    [InlineData("unknown length", false)]
    public async Task Content_IsSentAgainAfterAChallenge(string kind, bool expectContinue)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                while (await connection.ReadHeadAsync() is RawRequest head)
                {
                    bool asks = head.Header("Authorization") is null;
                    if (head.Header("Expect") is not null && asks)
                    {
                        // Refused without the content.
                        await connection.WriteAsync(Unauthorized(Basic));
                        continue;
                    }

                    await connection.WriteAsync(head.Header("Expect") is null ? "" : "HTTP/1.1 100 Continue\r\n\r\n");
                    await connection.ReadBodyAsync(head);
                    await connection.WriteAsync(asks ? Unauthorized(Basic) : RawServer.Ok);
                }
            });
            using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{server.Port}/");
            request.Content = kind == "bytes" ? new StringContent("the content") : new StreamContent(new MemoryStream("the content"u8.ToArray()));
            request.Headers.TransferEncodingChunked = kind == "unknown length" ? true : null;
            request.Headers.ExpectContinue = expectContinue ? true : null;
            await trial.SendAsync(trial.Client(With("network", server)), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("Authorization: Basic").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData("/", "/", true)]
    [InlineData("/a/b", "/a/c", true)]
    [InlineData("/a/b", "/a/b/c", true)]
    [InlineData("/a/b", "/", false)]
    [InlineData("/a/b", "/other/b", false)]
    [InlineData("/a/?q=1", "/a/?q=2", true)]
    public async Task PreAuthenticate_OnceKnownIsSentAhead(string first, string second, bool isSentAhead)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Header("Authorization") is null ? Unauthorized(Basic) : RawServer.Ok);
            SocketsHttpHandler settings = With("network", server);
            settings.PreAuthenticate = true;
            HttpClient client = trial.Client(settings);
            await trial.AskAsync(client, $"http://svc.test:{server.Port}{first}");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}{second}");
            trial.Transcript.Write(server.Wire);
        });

        seen.Split(" HTTP/1.1\r\n").Should().HaveCount(isSentAhead ? 4 : 5);
    }

    [Theory]
    [InlineData("network", "/landing")]
    [InlineData("own", "/landing")]
    [InlineData("cache for the host", "/landing")]
    [InlineData("network", "http://127.0.0.1:PORT/landing")]
    [InlineData("cache for the host", "http://127.0.0.1:PORT/landing")]
    [InlineData("cache for another host", "http://other.test:PORT/landing")]
    [InlineData("network", "http://other.test:PORT/landing")]
    [InlineData("network", "http://svc.test:PORT/start")]
    public async Task PreAuthenticate_AfterARedirect_GivesTheSame(string kind, string location)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("other.test", "127.0.0.1");
            RawServer? server = null;
            server = trial.Serve(request => request.Target == "/known" || request.Target == "/landing" ? request.Header("Authorization") is null ? Unauthorized(Basic) : RawServer.Ok
                : RawServer.RedirectTo(location.AtPortOf(server!)));
            SocketsHttpHandler settings = With(kind, server);
            settings.PreAuthenticate = true;
            settings.MaxAutomaticRedirections = 2;
            HttpClient client = trial.Client(settings);
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/known");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/start");
            trial.Transcript.Write(InOneLine(server));
        });

        seen.Should().Contain("GET /known").And.Contain("GET /start");
    }

    [Theory]
    [InlineData("network", "/landing", false)]
    [InlineData("own", "/landing", false)]
    [InlineData("network", "http://127.0.0.1:PORT/landing", false)]
    [InlineData("network", "http://localhost:PORT/landing", false)]
    [InlineData("network", "http://other.test:PORT/landing", false)]
    [InlineData("cache for the host", "/landing", true)]
    [InlineData("cache for the host", "http://127.0.0.1:PORT/landing", false)]
    [InlineData("cache for the host", "http://other.test:PORT/landing", false)]
    [InlineData("cache for another host", "http://other.test:PORT/landing", true)]
    [InlineData("cache for the literal", "http://127.0.0.1:PORT/landing", true)]
    [InlineData("default", "/landing", false)]
    [InlineData("none", "/landing", false)]
    public async Task AfterARedirect_OnlyCredentialsThatAreBoundToItsUriAreGiven(string kind, string location, bool isGiven)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("other.test", "127.0.0.1");
            RawServer? server = null;
            server = trial.Serve(request => request.Target == "/start"
                ? RawServer.RedirectTo(location.AtPortOf(server!))
                : request.Header("Authorization") is null ? Unauthorized(Basic) : RawServer.Ok);
            await trial.AskAsync(trial.Client(With(kind, server)), $"http://svc.test:{server.Port}/start");
            trial.Transcript.Write(InOneLine(server));
        });

        seen.Contains("\nAuthorization: ").Should().Be(isGiven);
        seen.Should().Contain("GET /landing");
    }

    [Theory]
    [InlineData("network", false)]
    [InlineData("cache for the host", true)]
    public async Task ChallengeBeforeAndAfterARedirect_AreAnsweredTheSame(string kind, bool isGivenTwice)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Header("Authorization") is null ? Unauthorized(Basic)
                : request.Target == "/start" ? RawServer.RedirectTo("/landing") : RawServer.Ok);
            await trial.AskAsync(trial.Client(With(kind, server)), $"http://svc.test:{server.Port}/start");
            trial.Transcript.Write(InOneLine(server));
        });

        seen.Split("\nAuthorization: ").Should().HaveCount(isGivenTwice ? 3 : 2);
    }

    [Fact]
    public async Task AfterARedirect_OursHasAConnectionOfItsOwnForWhoIsGivenNothing()
    {
        async Task<int> ConnectionsAsync(bool isOurs)
        {
            await using Trial trial = new(isOurs);
            RawServer server = trial.Serve(request => request.Target == "/start" ? RawServer.RedirectTo("/landing") : RawServer.Ok);
            await trial.AskAsync(trial.Client(With("network", server)), $"http://svc.test:{server.Port}/start");
            trial.Transcript.ToString().Should().Contain("HTTP/1.1 200 OK");
            return server.Connections.Count;
        }

        (await ConnectionsAsync(isOurs: false)).Should().Be(1);
        (await ConnectionsAsync(isOurs: true)).Should().Be(2);
    }

    [Theory]
    [InlineData("network", false)]
    [InlineData("cache for the host", true)]
    [InlineData("none", false)]
    public async Task AfterARedirectThroughAProxy_TheOriginIsGivenTheSame(string kind, bool isGiven)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer origin = trial.Serve(RawServer.Answering(_ => RawServer.Ok), name: "ORIGIN");
            RawServer proxy = trial.Serve(request => request.Header("Proxy-Authorization") is null
                ? "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"
                : request.Target.EndsWith("/start", StringComparison.Ordinal) ? RawServer.RedirectTo("/landing")
                : request.Header("Authorization") is null ? Unauthorized(Basic) : RawServer.Ok);
            SocketsHttpHandler settings = With(kind, origin);
            settings.Proxy = new WebProxy($"http://127.0.0.1:{proxy.Port}") { Credentials = new NetworkCredential("for", "proxy") };
            await trial.AskAsync(trial.Client(settings), $"http://svc.test:{origin.Port}/start");
            trial.Transcript.Write(InOneLine(proxy));
        });

        seen.Contains("\nAuthorization: ").Should().Be(isGiven);
        seen.Should().Contain("GET http://svc.test:ORIGIN/landing").And.Contain("\nProxy-Authorization: ");
    }

    [Theory]
    [InlineData(Basic, "network", HttpProtocols.Http2, false)]
    [InlineData(Basic, "network", HttpProtocols.Http2, true)]
    [InlineData(Basic, "none", HttpProtocols.Http2, false)]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", "network", HttpProtocols.Http2, false)]
    [InlineData("NTLM", "network", HttpProtocols.Http1AndHttp2, true)]
    [InlineData("NTLM", "network", HttpProtocols.Http2, true)]
    public async Task ChallengeOverHttp2_IsAnsweredTheSame(string challenge, string kind, HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Randoms());
            trial.Transcript.Number(Tokens());
            ConcurrentDictionary<string, bool> challenged = new();
            LoopbackServer server = await trial.ServeAsync(protocols, tls, app => app.Map("/{**path}", context => ServeAsync(context, challenge, challenged, trial)));
            using HttpRequestMessage request = new(HttpMethod.Post, $"{(tls ? "https" : "http")}://127.0.0.1:{server.Port}/");
            request.Content = new StringContent("the content");
            request.Version = HttpVersion.Version20;
            request.VersionPolicy = protocols == HttpProtocols.Http2 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower;
            SocketsHttpHandler settings = Trial.TrustingAll();
            settings.Credentials = kind == "none" ? null : new NetworkCredential("user", "password");
            await trial.SendAsync(trial.Client(settings), request);
        });

        seen.Should().Contain("asked over HTTP/2 with nothing");
    }

    [Theory]
    [InlineData("network")]
    [InlineData("cache for the host")]
    public async Task RequestSentAgainAfterARedirect_IsGivenTheSame(string kind)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/start" ? RawServer.RedirectTo("/landing")
                : request.Header("Authorization") is null ? Unauthorized(Basic) : RawServer.Ok);
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/start");
            using HttpMessageInvoker invoker = new(trial.Handler(With(kind, server)), disposeHandler: false);
            for (int time = 0; time < 2; time++)
            {
                using HttpResponseMessage response = await invoker.SendAsync(request, CancellationToken.None);
                await trial.Transcript.WriteAsync(response);
            }

            trial.Transcript.Write(InOneLine(server));
        });

        seen.Contains("\nAuthorization: ").Should().Be(kind != "network");
    }

    [Theory]
    [InlineData("Bearer token")]
    [InlineData("Basic b3duOm93bg==")]
    public async Task CallersOwnAuthorization_IsReplacedAfterAChallenge(string own)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Header("Authorization") == own ? Unauthorized(Basic) : RawServer.Ok);
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/");
            request.Headers.TryAddWithoutValidation("Authorization", own);
            await trial.SendAsync(trial.Client(With("network", server)), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain($"Authorization: {own}").And.Contain("Authorization: Basic dXNlcjpwYXNzd29yZA==");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("network")]
    public async Task UserInfoOfTheUri_IsNotSent(string kind)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Header("Authorization") is null ? Unauthorized(Basic) : RawServer.Ok);
            await trial.AskAsync(trial.Client(With(kind, server)), $"http://somebody:secret@svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET / HTTP/1.1").And.NotContain("c29tZWJvZHk6c2VjcmV0");
    }

    [Fact]
    public async Task OwnCredentials_AreAskedForTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer? server = null;
            server = trial.Serve(request => request.Header("Authorization") is null ? Unauthorized("Negotiate\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Digest realm=\"r\"\r\nWWW-Authenticate: " + Basic) : RawServer.Ok);
            Asked asked = new(trial);
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { Credentials = asked }), $"http://svc.test:{server.Port}/a?b");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("asked: http://svc.test:PORT/a?b Negotiate").And.Contain("asked: http://svc.test:PORT/a?b Basic").And.Contain("\nAuthorization: Basic");
    }

    [Theory]
    [InlineData("NTLM")]
    [InlineData("Negotiate")]
    public async Task ConnectionBoundScheme_AuthenticatesTheSame(string scheme)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Transcript.Number(Tokens());
            RawServer server = trial.Serve(NtlmAsync(scheme));
            HttpClient client = trial.Client(With("network", server));
            await trial.AskAsync(client, $"http://127.0.0.1:{server.Port}/first");
            await trial.AskAsync(client, $"http://127.0.0.1:{server.Port}/second");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /first");
        if (scheme == "NTLM")
        {
            seen.Should().Contain("Authorization: NTLM TlRMTVNTUAADAAAA").And.Contain("HTTP/1.1 200 OK");
        }
    }

    [Fact]
    public async Task ConnectionBoundScheme_StaysOnOneEndpointForTheLengthOfTheExchange()
    {
        await using Trial trial = new(isOurs: true) { Options = new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin } };
        RawServer server = trial.Serve(NtlmAsync("NTLM"), null, "PORT", "127.0.0.3", "127.0.0.4");
        trial.Host("two.test", "127.0.0.3", "127.0.0.4");
        HttpClient client = trial.Client(With("network", server));
        ConcurrentDictionary<string, bool> seen = new();

        await Eventually.Answers(GetAsync, "127.0.0.3");
        await Eventually.Answers(GetAsync, "127.0.0.4");
        for (int round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => seen[await GetAsync()] = true));
        }

        seen.Keys.Should().BeEquivalentTo("127.0.0.3", "127.0.0.4");

        async Task<string> GetAsync()
        {
            // With a Host header the runtime need not look the name up to tell it to the scheme.
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://two.test:{server.Port}/") { Headers = { Host = "two.test" } };
            using HttpResponseMessage response = await client.SendAsync(request);
            return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task PreAuthenticate_EachEndpointAsksOnce()
    {
        await using Trial trial = new(isOurs: true) { Options = new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin } };
        ConcurrentDictionary<string, int> asked = new();
        RawServer server = trial.Serve(
            async connection =>
            {
                while (await connection.ReadRequestAsync() is RawRequest request)
                {
                    string address = connection.Local.Address.ToString();
                    if (request.Header("Authorization") is null)
                    {
                        asked.AddOrUpdate(address, 1, static (_, count) => count + 1);
                    }

                    await connection.WriteAsync(request.Header("Authorization") is null ? Unauthorized(Basic) : $"HTTP/1.1 200 OK\r\nContent-Length: {address.Length}\r\n\r\n{address}");
                }
            },
            null, "PORT", "127.0.0.3", "127.0.0.4");
        trial.Host("two.test", "127.0.0.3", "127.0.0.4");
        SocketsHttpHandler settings = With("network", server);
        settings.PreAuthenticate = true;
        HttpClient client = trial.Client(settings);

        foreach (string address in new[] { "127.0.0.3", "127.0.0.4", "127.0.0.3", "127.0.0.4" })
        {
            await Eventually.Answers(() => client.GetStringAsync($"http://two.test:{server.Port}/"), address);
        }

        asked.Should().BeEquivalentTo(new Dictionary<string, int> { ["127.0.0.3"] = 1, ["127.0.0.4"] = 1 });
    }

    private static async Task ServeAsync(HttpContext context, string challenge, ConcurrentDictionary<string, bool> challenged, Trial trial)
    {
        string answer = context.Request.Headers.Authorization.ToString();
        trial.Transcript.Write($"asked over {context.Request.Protocol} with {(answer.Length == 0 ? "nothing" : answer)}");
        await context.Request.Body.CopyToAsync(Stream.Null);
        int type = answer.StartsWith("NTLM ", StringComparison.Ordinal) ? Convert.FromBase64String(answer[5..])[8] : 0;
        bool isIn = challenge == "NTLM" ? type == 3 && challenged.ContainsKey(context.Connection.Id) : answer.Length > 0;
        if (type == 1)
        {
            challenged[context.Connection.Id] = true;
        }

        context.Response.StatusCode = isIn ? 200 : 401;
        context.Response.Headers.WWWAuthenticate = isIn ? "" : type == 1 ? $"NTLM {Convert.ToBase64String(NtlmChallenge())}" : challenge;
    }

    private static string Unauthorized(string challenge) => $"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 4\r\n\r\nwho?";

    // Where a handler keeps requests without credentials apart, they come over another connection.
    private static string InOneLine(RawServer server) => ConnectionMarks().Replace(server.Wire, "");

    private static SocketsHttpHandler With(string kind, RawServer server)
    {
        NetworkCredential credential = new("user", "password");
        return new SocketsHttpHandler
        {
            Credentials = kind switch
            {
                "network" => credential,
                "network with domain" => new NetworkCredential("user", "password", "domain"),
                "empty" => new NetworkCredential("", ""),
                "own" => new ForWhoeverAsks(),
                "cache for the host" => new CredentialCache { { new Uri($"http://svc.test:{server.Port}/"), "Basic", credential } },
                "cache for the literal" => new CredentialCache { { new Uri($"http://127.0.0.1:{server.Port}/"), "Basic", credential } },
                "cache for another host" => new CredentialCache { { new Uri($"http://other.test:{server.Port}/"), "Basic", credential } },
                "cache for Digest" => new CredentialCache { { new Uri($"http://svc.test:{server.Port}/"), "Digest", credential } },
                "default" => CredentialCache.DefaultCredentials,
                _ => null,
            },
        };
    }

    private static bool IsRight(RawRequest request, string answer, string algorithm)
    {
        Dictionary<string, string> parts = Parts().Matches(answer["Digest ".Length..]).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim('"'));
        HashAlgorithmName hash = algorithm.StartsWith("SHA-256", StringComparison.Ordinal) ? HashAlgorithmName.SHA256 : HashAlgorithmName.MD5;
        string Hash(string text) => Convert.ToHexStringLower(CryptographicOperations.HashData(hash, Encoding.Latin1.GetBytes(text)));
        string secret = Hash("user:the realm:password");
        if (algorithm.EndsWith("-sess", StringComparison.Ordinal))
        {
            secret = Hash($"{secret}:{parts["nonce"]}:{parts["cnonce"]}");
        }

        string? qop = parts.GetValueOrDefault("qop");
        string what = Hash($"{request.Method}:{parts["uri"]}{(qop == "auth-int" ? ":" + Hash(request.Body) : "")}");
        return parts["uri"] == request.Target
            && parts["response"] == Hash(qop is null ? $"{secret}:{parts["nonce"]}:{what}" : $"{secret}:{parts["nonce"]}:{parts["nc"]}:{parts["cnonce"]}:{qop}:{what}");
    }

    /// <summary>Lets in whom it has challenged on the same connection, for as long as that is open, and tells its own address.</summary>
    private static Func<RawConnection, Task> NtlmAsync(string scheme) => async connection =>
    {
        (bool isChallenged, bool isIn) = (false, false);
        while (await connection.ReadRequestAsync() is RawRequest request)
        {
            byte[] token = request.Header("Authorization") is string answer && answer.StartsWith(scheme + " ", StringComparison.Ordinal) ? Convert.FromBase64String(answer[(scheme.Length + 1)..]) : [];
            int type = token.Length > 8 && token[0] == 'N' ? token[8] : 0;
            isIn |= isChallenged && type == 3;
            isChallenged = type == 1;
            string address = connection.Local.Address.ToString();
            await connection.WriteAsync(isIn ? $"HTTP/1.1 200 OK\r\nContent-Length: {address.Length}\r\n\r\n{address}"
                : Unauthorized(isChallenged ? $"{scheme} {Convert.ToBase64String(NtlmChallenge())}" : scheme));
        }
    };

    // MS-NLMP section 2.2.1.2.
    private static byte[] NtlmChallenge()
    {
        byte[] name = Encoding.Unicode.GetBytes("TEST");
        byte[] info = [2, 0, (byte)name.Length, 0, .. name, 1, 0, (byte)name.Length, 0, .. name, 0, 0, 0, 0];
        const uint Flags = 0x1 | 0x4 | 0x10 | 0x200 | 0x8000 | 0x20000 | 0x80000 | 0x800000 | 0x2000000 | 0x20000000 | 0x40000000 | 0x80000000;
        return
        [
            .. "NTLMSSP\0"u8, 2, 0, 0, 0,
            (byte)name.Length, 0, (byte)name.Length, 0, 56, 0, 0, 0,
            .. BitConverter.GetBytes(Flags),
            1, 2, 3, 4, 5, 6, 7, 8,
            0, 0, 0, 0, 0, 0, 0, 0,
            (byte)info.Length, 0, (byte)info.Length, 0, (byte)(56 + name.Length), 0, 0, 0,
            10, 0, 0, 0, 0, 0, 0, 15,
            .. name, .. info,
        ];
    }

    [GeneratedRegex("(?<=cnonce=\")[^\"]*|(?<=response=\")[^\"]*")]
    private static partial Regex Randoms();

    [GeneratedRegex("(?<=(NTLM|Negotiate) [A-Za-z0-9+/=]{16})[A-Za-z0-9+/=]+")]
    private static partial Regex Tokens();

    [GeneratedRegex("([a-z]+)=(\"[^\"]*\"|[^,]*)")]
    private static partial Regex Parts();

    [GeneratedRegex("\n?--- connection [0-9]+\n")]
    private static partial Regex ConnectionMarks();

    private sealed class ForWhoeverAsks : ICredentials
    {
        public NetworkCredential GetCredential(Uri uri, string authType) => new("user", "password");
    }

    private sealed class Asked(Trial trial) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType)
        {
            trial.Transcript.Write($"asked: {uri} {authType}");
            return authType == "Basic" ? new NetworkCredential("user", "password") : null;
        }
    }
}
