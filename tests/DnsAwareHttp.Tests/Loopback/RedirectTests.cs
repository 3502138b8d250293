using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>The same redirect through a bare handler and through ours: what arrives last, and what comes back, are the same.</summary>
public sealed class RedirectTests : IAsyncLifetime
{
    private const string Landing = "/landing";

    private readonly ScriptedResolver _dns = new();
    private readonly DnsCache _cache;
    private LoopbackServer _server = null!;

    public RedirectTests() => _cache = new DnsCache(resolver: _dns);

    public static TheoryData<int, string> StatusesAndMethods()
    {
        TheoryData<int, string> rows = [];
        foreach (int status in new[] { 300, 301, 302, 303, 304, 305, 306, 307, 308 })
        {
            foreach (string method in new[] { "GET", "HEAD", "POST", "PUT", "DELETE" })
            {
                rows.Add(status, method);
            }
        }

        return rows;
    }

    public static TheoryData<string, string> Locations() => new()
    {
        { "/start", Landing },
        { "/start", "landing" },
        { "/a/b/start", "../landing" },
        { "/start", "?q=1" },
        { "/start", "//HOST:PORT/landing" },
        { "/start", "http://HOST:PORT/landing?x=y#part" },
        { "/start#mine", Landing },
        { "/start#mine", "/landing#theirs" },
        { "/start#mine", "/landing#" },
        { "/start#mine", "http://HOST:PORT/landing" },
        { "/start", "" },
        { "/start", "ftp://HOST/landing" },
        { "/start", "http://[broken" },
        { "/start", "/landing with spaces" },
        { "/start", "/l%C3%A4nding?ü=ö" },
    };

    public async Task InitializeAsync() => _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, "127.0.0.1");

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(StatusesAndMethods))]
    public async Task EachStatusAndMethod_GoesAsWithTheBareHandler(int status, string method)
    {
        HttpRequestMessage Request()
        {
            HttpRequestMessage request = new(new HttpMethod(method), Url($"/start?status={status}&to={Uri.EscapeDataString(Landing)}"));
            request.Headers.Add("Authorization", "Bearer secret");
            request.Headers.Add("X-Kept", "kept");
            if (method is "POST" or "PUT")
            {
                request.Content = new StringContent("the content");
            }

            return request;
        }

        (await Outcome(Ours(), Request())).Should().Be(await Outcome(Bare(), Request()));
    }

    [Theory]
    [MemberData(nameof(Locations))]
    public async Task EachLocation_LeadsWhereItDoesWithTheBareHandler(string from, string to)
    {
        string location = to.Replace("HOST", "127.0.0.1", StringComparison.Ordinal).Replace("PORT", $"{_server.Port}", StringComparison.Ordinal);
        string[] parts = from.Split('#');
        HttpRequestMessage Request() => new(HttpMethod.Get, Url($"{parts[0]}?status=302&to={Uri.EscapeDataString(location)}{(parts.Length > 1 ? "#" + parts[1] : "")}"));

        (await Outcome(Ours(), Request())).Should().Be(await Outcome(Bare(), Request()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task TooManyRedirects_ReturnTheLastOne(int most)
    {
        HttpRequestMessage Request() => new(HttpMethod.Get, Url("/loop?n=0"));

        (await Outcome(Ours(new SocketsHttpHandler { MaxAutomaticRedirections = most }), Request()))
            .Should().Be(await Outcome(new SocketsHttpHandler { MaxAutomaticRedirections = most }, Request()));
    }

    [Fact]
    public async Task AllowAutoRedirectOff_ReturnsTheRedirect()
    {
        HttpRequestMessage Request() => new(HttpMethod.Get, Url("/start?status=302&to=/landing"));

        (await Outcome(Ours(new SocketsHttpHandler { AllowAutoRedirect = false }), Request()))
            .Should().Be(await Outcome(new SocketsHttpHandler { AllowAutoRedirect = false }, Request()));
    }

    [Fact]
    public async Task ChunkedContentThatIsDropped_LeavesNoTransferEncoding()
    {
        HttpRequestMessage Request() => new(HttpMethod.Post, Url("/start?status=302&to=/landing"))
        {
            Content = new StringContent("the content"),
            Headers = { TransferEncodingChunked = true },
        };

        (await Outcome(Ours(), Request())).Should().Be(await Outcome(Bare(), Request()));
    }

    [Fact]
    public async Task RedirectToAnotherHost_IsResolvedAndDialledAsThatHost()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, "127.0.0.3", "127.0.0.4");
        _dns.Says("first.test", 30, "127.0.0.3");
        _dns.Says("second.test", 30, "127.0.0.4");
        using HttpClient client = new(Ours());

        string answer = await client.GetStringAsync(
            $"http://first.test:{server.Port}/start?status=307&to={Uri.EscapeDataString($"http://second.test:{server.Port}/whoami")}");

        answer.Should().Be("127.0.0.4");
    }

    [Fact]
    public async Task CredentialsThatAreForWhoeverAsks_AreNotGivenAfterARedirect()
    {
        HttpRequestMessage Request() => new(HttpMethod.Get, Url("/start?status=302&to=/challenge"));
        NetworkCredential credentials = new("user", "password");

        (await Outcome(Ours(new SocketsHttpHandler { Credentials = credentials }), Request()))
            .Should().Be(await Outcome(new SocketsHttpHandler { Credentials = credentials }, Request())).And.Contain("401");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallersOwnTraceHeader_GoesAsWithTheBareHandler(bool traced)
    {
        using Activity? activity = traced ? new Activity("caller").Start() : null;
        HttpRequestMessage Request() => new(HttpMethod.Get, Url("/start?status=302&to=/landing")) { Headers = { { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } } };

        string ours = await Outcome(Ours(), Request());
        string bare = await Outcome(Bare(), Request());

        ours.Contains("b7ad6b7169203331").Should().Be(bare.Contains("b7ad6b7169203331"));
        ours.Contains("traceparent").Should().Be(bare.Contains("traceparent"));
    }

    [Fact]
    public async Task CookieSetByARedirect_IsSentToTheNextHop()
    {
        HttpRequestMessage Request() => new(HttpMethod.Get, Url("/cookie"));

        (await Outcome(Ours(), Request())).Should().Be(await Outcome(Bare(), Request())).And.Contain("taste=good");
    }

    private static void Map(WebApplication app)
    {
        app.Map("/{**path}", async (HttpContext context) =>
        {
            HttpRequest request = context.Request;
            switch (request.Path.Value)
            {
                case "/loop":
                    context.Response.StatusCode = 302;
                    context.Response.Headers.Location = $"/loop?n={int.Parse(request.Query["n"]!) + 1}";
                    break;
                case "/challenge" when request.Headers.Authorization.Count == 0:
                    context.Response.StatusCode = 401;
                    context.Response.Headers.WWWAuthenticate = "Basic realm=\"r\"";
                    break;
                case "/cookie":
                    context.Response.StatusCode = 302;
                    context.Response.Headers.SetCookie = "taste=good";
                    context.Response.Headers.Location = Landing;
                    break;
                case { } path when path.EndsWith("/start") && request.Query.ContainsKey("status"):
                    context.Response.StatusCode = int.Parse(request.Query["status"]!);
                    context.Response.Headers.Location = request.Query["to"];
                    break;
                default:
                    string body = await new StreamReader(request.Body).ReadToEndAsync();
                    string headers = string.Join(',', request.Headers.Where(h => h.Key != "Host").OrderBy(h => h.Key).Select(h => $"{h.Key}={h.Value}"));
                    await context.Response.WriteAsync($"{request.Method} {request.Path}{request.QueryString} [{headers}] {body}");
                    break;
            }
        });
    }

    private static async Task<string> Outcome(HttpMessageHandler handler, HttpRequestMessage request)
    {
        using HttpClient client = new(handler);
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request);
            return $"{(int)response.StatusCode} {response.RequestMessage!.Method} {response.RequestMessage.RequestUri} {await response.Content.ReadAsStringAsync()}";
        }
        catch (HttpRequestException failure)
        {
            return $"{failure.GetType().Name} {failure.HttpRequestError} {failure.InnerException?.GetType().Name} {request.RequestUri}";
        }
        catch (Exception failure)
        {
            return $"{failure.GetType().Name} {failure.Message} {request.RequestUri}";
        }
    }

    private static SocketsHttpHandler Bare() => new();

    private DnsAwareHandler Ours(SocketsHttpHandler? wrapped = null) => new(wrapped ?? new SocketsHttpHandler(), null, _cache);

    private string Url(string path) => $"http://127.0.0.1:{_server.Port}{path}";
}
