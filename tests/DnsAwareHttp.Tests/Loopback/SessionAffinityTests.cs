using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Sessions that only the server knows that began them.</summary>
public sealed class SessionAffinityTests : IAsyncLifetime
{
    private const int Sessions = 20;
    private const int Requests = 10;

    private readonly ScriptedResolver _dns = new();
    private readonly ConcurrentDictionary<string, string> _sessions = new();
    private DnsCache _cache = null!;
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, "127.0.0.1", "127.0.0.2");
        Says("127.0.0.1", "127.0.0.2");
        _cache = new DnsCache(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100) }, _dns);
    }

    public async Task DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("option")]
    [InlineData("selector")]
    [InlineData("header")]
    [InlineData("cookie")]
    [InlineData("jar")]
    [InlineData("query")]
    public async Task Session_GoesToTheServerThatBeganIt(string by)
    {
        using HttpMessageInvoker invoker = new(Handler(OptionsFor(by), useCookies: by == "jar"));
        string[] answers = await RunAsync(invoker, by);

        answers.Should().OnlyContain(answer => answer == "OK");
        _sessions.Values.Distinct().Should().HaveCount(by == "jar" ? 1 : 2, "sessions are spread, and one container has one session");
    }

    [Fact]
    public async Task WithoutAffinity_SessionsAreLost_ToTheBareHandlerTheyAreNot()
    {
        using HttpMessageInvoker ours = new(Handler(null));
        using HttpMessageInvoker bare = new(new SocketsHttpHandler());

        (await RunAsync(ours, "query")).Should().Contain("NotFound", "else the tests beside this one show nothing");
        (await RunAsync(bare, "query", "127.0.0.1")).Should().OnlyContain(answer => answer == "OK");
    }

    [Fact]
    public async Task SessionHandlers_AreOneSessionEach_AndMayShareAHandler()
    {
        using DnsAwareHandler shared = Handler(new SessionAffinityOptions());
        string?[] addresses = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(async _ =>
        {
            using HttpClient client = new(new SessionHandler(shared, disposeInnerHandler: false)) { BaseAddress = Base() };
            string[] asked = await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => client.GetStringAsync("/whoami")));
            string bySync = await client.Send(new HttpRequestMessage(HttpMethod.Get, "/whoami")).Content.ReadAsStringAsync();
            return asked.Append(bySync).Distinct().Should().ContainSingle().Subject;
        }));

        addresses.Distinct().Should().HaveCount(2);
    }

    [Fact]
    public void SessionHandler_WithoutTheOption_SaysSo()
    {
        using DnsAwareHandler off = Handler(null);

        FluentActions.Invoking(() => new SessionHandler(off)).Should().Throw<InvalidOperationException>().WithMessage("*SessionAffinity*");
    }

    [Fact]
    public async Task EndpointLeavesDns_TheSessionMovesAndStaysThereWhenItReturns()
    {
        using DnsAwareHandler handler = Handler(new SessionAffinityOptions());
        using HttpClient client = new(new SessionHandler(handler)) { BaseAddress = Base() };
        string first = await client.GetStringAsync("/whoami");
        string other = first == "127.0.0.1" ? "127.0.0.2" : "127.0.0.1";

        Says(other);
        await Eventually.Answers(() => client.GetStringAsync("/whoami"), other);
        Says(first, other);
        await Eventually.Holds(() => handler.GetSnapshot().Origins[0].Endpoints.Length == 2, "the address is back");

        for (int request = 0; request < 20; request++)
        {
            (await client.GetStringAsync("/whoami")).Should().Be(other);
        }
    }

    [Fact]
    public async Task OptionsChange_SessionsStayWhereTheyAre()
    {
        using DnsAwareHandler handler = Handler(new SessionAffinityOptions());
        using HttpClient client = new(new SessionHandler(handler)) { BaseAddress = Base() };
        string first = await client.GetStringAsync("/whoami");

        for (int change = 1; change <= 10; change++)
        {
            handler.Apply(new DnsAwareOptions { SessionAffinity = new(), DrainTimeout = TimeSpan.FromMinutes(change) }).Should().BeTrue();
            (await client.GetStringAsync("/whoami")).Should().Be(first);
        }
    }

    private void Says(params string[] addresses) =>
        _dns.Says("svc.test", new Answer.Found([.. addresses.Select(IPAddress.Parse)], TimeSpan.Zero, IsComplete: true));

    private static SessionAffinityOptions OptionsFor(string by) => by switch
    {
        "selector" => new() { KeySelector = static request => request.Headers.GetValues("X-Given").First() },
        "header" => new() { HeaderName = "X-Session" },
        "cookie" or "jar" => new() { CookieName = "sid" },
        "query" => new() { QueryParameter = "id" },
        _ => new(),
    };

    private DnsAwareHandler Handler(SessionAffinityOptions? affinity, bool useCookies = false) =>
        new(new SocketsHttpHandler { UseCookies = useCookies }, new DnsAwareOptions { SessionAffinity = affinity }, _cache);

    private Uri Base(string host = "svc.test") => new($"http://{host}:{_server.Port}");

    // Each session begins, and then asks for its state several times, also at the same time.
    private async Task<string[]> RunAsync(HttpMessageInvoker invoker, string by, string host = "svc.test")
    {
        List<string> answers = [];
        for (int session = 0; session < Sessions; session++)
        {
            string given = Guid.NewGuid().ToString();
            using HttpResponseMessage begun = await invoker.SendAsync(Request(by, host, "begin", given, null), CancellationToken.None);
            string key = begun.Headers.GetValues("X-Session").First();
            if (by == "jar")
            {
                // The container has one session at a time.
                answers.Add($"{begun.StatusCode}");
            }

            HttpResponseMessage[] states = await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ =>
                invoker.SendAsync(Request(by, host, "state", given, key), CancellationToken.None)));
            answers.AddRange(states.Select(state => $"{state.StatusCode}"));
            Array.ForEach(states, state => state.Dispose());
        }

        return [.. answers];
    }

    private HttpRequestMessage Request(string by, string host, string path, string given, string? key)
    {
        HttpRequestMessage request = new(HttpMethod.Get, new Uri(Base(host), $"{path}?id={given}&key={key}&jar={by == "jar"}"));
        request.Headers.Add("X-Given", given);
        if (by == "option")
        {
            request.Options.Set(DnsAwareHandler.SessionKey, given);
        }

        if (by == "header" && key is not null)
        {
            request.Headers.Add("X-Session", key);
        }

        if (by == "cookie" && key is not null)
        {
            request.Headers.Add("Cookie", $"sid={key}");
        }

        return request;
    }

    private void Map(WebApplication app)
    {
        app.MapGet("/begin", (HttpContext context) =>
        {
            string key = Guid.NewGuid().ToString();
            _sessions[key] = context.Connection.LocalIpAddress!.ToString();
            context.Response.Headers["X-Session"] = key;
            context.Response.Cookies.Append("sid", key);
        });
        app.MapGet("/state", (HttpContext context, string key) =>
            _sessions[key] == context.Connection.LocalIpAddress!.ToString() ? Results.Ok() : Results.NotFound());
    }
}
