using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Cookies: one container for all endpoints of a handler, filled and read on each hop.</summary>
public sealed class CookieTests
{
    [Theory]
    [InlineData("taste=good", true)]
    [InlineData("taste=good; Path=/", true)]
    [InlineData("taste=good; Path=/elsewhere", false)]
    [InlineData("taste=good; Domain=svc.test", true)]
    [InlineData("taste=good; Domain=.svc.test", true)]
    [InlineData("taste=good; Domain=other.test", false)]
    [InlineData("taste=good; Secure", false)]
    [InlineData("taste=good; HttpOnly; SameSite=Strict", true)]
    [InlineData("taste=good; Max-Age=3600", true)]
    [InlineData("taste=good; Max-Age=0", false)]
    [InlineData("taste=good; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false)]
    [InlineData("taste=good; Expires=Fri, 01 Jan 2100 00:00:00 GMT", true)]
    [InlineData("taste=\"quoted; not\"", true)]
    [InlineData("taste=", true)]
    [InlineData("=good", false)]
    [InlineData("nonsense", false)]
    [InlineData("a=1\r\nSet-Cookie: taste=good\r\nSet-Cookie: a=2", true)]
    [InlineData("a=1, taste=good", true)]
    public async Task SetByOneResponse_IsSentWithTheNextRequest(string cookie, bool isSent)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Setting(request, cookie));
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/set");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/next");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /set").And.Contain("GET /next");
        Regex.IsMatch(seen, "\nCookie: [^\r]*taste").Should().Be(isSent);
    }

    [Theory]
    [InlineData("http://svc.test:PORT/set", "http://sub.svc.test:PORT/next", "taste=good; Domain=svc.test", true)]
    [InlineData("http://svc.test:PORT/set", "http://sub.svc.test:PORT/next", "taste=good", false)]
    [InlineData("http://svc.test:PORT/set", "http://127.0.0.1:PORT/next", "taste=good", false)]
    [InlineData("http://127.0.0.1:PORT/set", "http://svc.test:PORT/next", "taste=good", false)]
    [InlineData("http://127.0.0.1:PORT/set", "http://127.0.0.1:PORT/next", "taste=good", true)]
    [InlineData("http://localhost:PORT/set", "http://localhost:PORT/next", "taste=good", true)]
    [InlineData("http://localhost:PORT/set", "http://127.0.0.1:PORT/next", "taste=good", false)]
    [InlineData("http://svc.test:PORT/set", "http://SVC.test:PORT/next", "taste=good", true)]
    [InlineData("http://svc.test:PORT/a/set", "http://svc.test:PORT/b/next", "taste=good", false)]
    [InlineData("http://svc.test:PORT/a/set", "http://svc.test:PORT/a/b/next", "taste=good", true)]
    public async Task SetByOneHost_IsSentToThoseItIsFor(string first, string second, string cookie, bool isSent)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("sub.svc.test", "127.0.0.1");
            RawServer server = trial.Serve(request => Setting(request, cookie));
            HttpClient client = trial.Client();
            await trial.AskAsync(client, first.AtPortOf(server));
            await trial.AskAsync(client, second.AtPortOf(server));
            trial.Transcript.Write(server.Wire);
        });

        seen.Contains("\nCookie: taste=good").Should().Be(isSent);
        seen.Should().Contain("/next HTTP/1.1");
    }

    [Theory]
    [InlineData("http://svc.test:PORT/landing", "taste=good", true)]
    [InlineData("http://other.test:PORT/landing", "taste=good", false)]
    [InlineData("http://127.0.0.1:PORT/landing", "taste=good", false)]
    [InlineData("/landing", "taste=good; Path=/landing", true)]
    [InlineData("/landing", "taste=good; Max-Age=0", false)]
    public async Task SetByARedirect_IsSentToTheNextHop(string location, string cookie, bool isSent)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("other.test", "127.0.0.1");
            RawServer? server = null;
            server = trial.Serve(request => request.Target == "/start"
                ? RawServer.RedirectTo(location.AtPortOf(server!), $"Set-Cookie: {cookie}")
                : RawServer.Ok);
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}/start");
            trial.Transcript.Write(server.Wire);
        });

        seen.Contains("\nCookie: taste=good").Should().Be(isSent);
        seen.Should().Contain("GET /landing");
    }

    [Fact]
    public async Task Secure_IsSentOverTlsOnly()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer secure = trial.Serve(RawServer.Answering(request => Setting(request, "taste=good; Secure")), RawServer.Tls(), "SECURE");
            RawServer plain = trial.Serve(request => Setting(request, "x=y"));
            HttpClient client = trial.Client(Trial.TrustingAll());
            await trial.AskAsync(client, $"https://svc.test:{secure.Port}/set");
            await trial.AskAsync(client, $"https://svc.test:{secure.Port}/next");
            await trial.AskAsync(client, $"http://svc.test:{plain.Port}/next");
            trial.Transcript.Write(secure.Wire + plain.Wire);
        });

        seen.Split("\nCookie: taste=good").Should().HaveCount(2);
    }

    [Fact]
    public async Task UseCookiesOff_NeitherKeepsNorSends()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Setting(request, "taste=good"));
            HttpClient client = trial.Client(new SocketsHttpHandler { UseCookies = false });
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/set", Asking.WithCookie("own=1"));
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/next", Asking.WithCookie("own=2"));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("Cookie: own=2").And.NotContain("Cookie: own=2; taste");
    }

    [Fact]
    public async Task CallersOwnCookieHeader_GoesWithThoseOfTheContainer()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Setting(request, "taste=good"));
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/set", Asking.WithCookie("own=1"));
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/next", Asking.WithCookie("own=2"));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("own=2").And.Contain("taste=good");
    }

    [Fact]
    public async Task OneContainerOfTwoHandlers_IsSharedAndSeenByTheCaller()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            CookieContainer jar = new();
            RawServer server = trial.Serve(request => Setting(request, "taste=good"));
            Uri uri = new($"http://svc.test:{server.Port}/");
            jar.Add(uri, new Cookie("mine", "1"));
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { CookieContainer = jar }), $"{uri}set");
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { CookieContainer = jar }), $"{uri}next");
            trial.Transcript.Write(jar.GetCookieHeader(uri));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("Cookie: mine=1; taste=good");
    }

    [Fact]
    public async Task CallerFillsTheContainerLater_TheNextRequestHasIt()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            SocketsHttpHandler settings = new();
            RawServer server = trial.Serve(request => RawServer.Ok);
            Uri uri = new($"http://svc.test:{server.Port}/");
            HttpClient client = trial.Client(settings);
            await trial.AskAsync(client, $"{uri}first");
            settings.CookieContainer.Add(uri, new Cookie("late", "1"));
            await trial.AskAsync(client, $"{uri}next");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("Cookie: late=1");
    }

    [Fact]
    public async Task SetByAChallenge_IsSentWithTheAnswerToIt()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Header("Authorization") is null
                ? "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nSet-Cookie: taste=good\r\nContent-Length: 0\r\n\r\n"
                : RawServer.Ok);
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { Credentials = new NetworkCredential("user", "password") }), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("Cookie: taste=good").And.Contain("Authorization: Basic");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OverHttp2_SetByARedirect_IsSentToTheNextHop(bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(HttpProtocols.Http2, tls, app =>
            {
                app.MapGet("/start", (HttpContext context) =>
                {
                    context.Response.Headers.SetCookie = "taste=good";
                    context.Response.Redirect("/landing");
                });
                app.MapGet("/landing", (HttpContext context) => $"seen: {context.Request.Headers.Cookie}");
            });
            using HttpRequestMessage request = new(HttpMethod.Get, $"{(tls ? "https" : "http")}://svc.test:{server.Port}/start");
            request.Version = HttpVersion.Version20;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            request.Headers.Add("Cookie", "own=1");
            await trial.SendAsync(trial.Client(Trial.TrustingAll()), request);
        });

        seen.Should().Contain("taste=good").And.Contain("seen: own=1");
    }

    [Fact]
    public async Task SetByOneAddress_IsSentToTheNext()
    {
        await using Trial trial = new(isOurs: true) { Options = new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin } };
        RawServer server = trial.Serve(
            async connection =>
            {
                while (await connection.ReadRequestAsync() is RawRequest request)
                {
                    string body = $"{connection.Local.Address} {request.Header("Cookie")}";
                    string cookie = connection.Local.Address.ToString() == "127.0.0.3" ? "Set-Cookie: taste=good\r\n" : "";
                    await connection.WriteAsync($"HTTP/1.1 200 OK\r\n{cookie}Content-Length: {body.Length}\r\n\r\n{body}");
                }
            },
            null, "PORT", "127.0.0.3", "127.0.0.4");
        trial.Host("two.test", "127.0.0.3", "127.0.0.4");
        HttpClient client = trial.Client();

        await Eventually.Answers(() => client.GetStringAsync($"http://two.test:{server.Port}/"), "127.0.0.4 taste=good");
    }

    private static string Setting(RawRequest request, string cookie) =>
        request.Target.EndsWith("/set", StringComparison.Ordinal) ? $"HTTP/1.1 200 OK\r\nSet-Cookie: {cookie}\r\nContent-Length: 5\r\n\r\nhello" : RawServer.Ok;
}
