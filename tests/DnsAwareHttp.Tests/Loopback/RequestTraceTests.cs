using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A request tells where it went, and what it waited for.</summary>
public sealed class RequestTraceTests : IAsyncLifetime
{
    private const string One = "127.0.31.1";
    private const string Two = "127.0.31.2";

    private readonly ScriptedResolver _dns = new();
    private DnsCache _cache = null!;
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _cache = new DnsCache(resolver: _dns);
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, Map, static _ => { }, One, Two);
        _dns.Says("svc.test", 60, One);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _cache.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstRequest_TellsItsAddressAndItsWaits_TheNextHasNone(bool async)
    {
        using HttpClient client = Client();

        RequestTrace first = await SendAsync(client, "/whoami", async);
        RequestTrace next = await SendAsync(client, "/whoami", async);

        first.Endpoint.Should().Be(new IPEndPoint(IPAddress.Parse(One), _server.Port));
        first.Attempts.Should().ContainSingle().Which.Should().Match<RequestAttempt>(
            attempt => attempt.Outcome == RequestAttemptOutcome.Answered && attempt.Duration > TimeSpan.Zero && attempt.Error == null);
        first.LookupTime.Should().BePositive();
        first.ConnectTime.Should().BePositive();
        (next.LookupTime, next.ConnectTime, next.TotalAttempts).Should().Be((TimeSpan.Zero, TimeSpan.Zero, 1));
    }

    [Fact]
    public async Task NotSent_TheTraceIsEmpty()
    {
        RequestTrace trace = new();

        trace.Endpoint.Should().BeNull();
        trace.Attempts.Should().BeEmpty();
        await Task.CompletedTask;
    }

    [Fact]
    public async Task AnAddressRefuses_ItsDialIsAnAttempt()
    {
        // Which place in an answer is dialled first differs from process to process.
        using HttpClient client = Client(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst });
        RequestTrace refused = new();
        for (int number = 0; number < 64 && refused.TotalAttempts < 2; number++)
        {
            _dns.Says($"h{number}.test", 60, number % 2 == 0 ? ["127.0.31.9", Two] : [Two, "127.0.31.9"]);
            using HttpRequestMessage request = Request("/whoami", out refused);
            request.RequestUri = new Uri($"http://h{number}.test:{_server.Port}/whoami");
            (await client.SendAsync(request)).Dispose();
            refused.Endpoint!.Address.ToString().Should().Be(Two);
        }

        refused.Attempts.Select(attempt => (attempt.Endpoint.Address.ToString(), attempt.Outcome)).Should().Equal(
            ("127.0.31.9", RequestAttemptOutcome.NotConnected), (Two, RequestAttemptOutcome.Answered));
        refused.Attempts[0].Error.Should().NotBeNull();
    }

    [Fact]
    public async Task AllRefuse_EachIsAnAttemptOnce()
    {
        _dns.Says("svc.test", 60, "127.0.31.8", "127.0.31.9");
        using HttpClient client = Client();
        using HttpRequestMessage request = Request("/whoami", out RequestTrace trace);

        await client.Awaiting(sender => sender.SendAsync(request)).Should().ThrowAsync<HttpRequestException>();

        trace.Endpoint.Should().BeNull();
        trace.Attempts.Select(attempt => attempt.Outcome).Should().AllBeEquivalentTo(RequestAttemptOutcome.NotConnected);
        trace.Attempts.Select(attempt => attempt.Endpoint.Address.ToString()).Should().BeEquivalentTo("127.0.31.8", "127.0.31.9");
    }

    [Fact]
    public async Task CallerCancels_TheAttemptIsCancelled()
    {
        using HttpClient client = Client();
        using CancellationTokenSource caller = new();
        using HttpRequestMessage request = Request("/never", out RequestTrace trace);
        Task<HttpResponseMessage> sending = client.SendAsync(request, caller.Token);
        await Eventually.Holds(() => _server.RequestsTo(One) == 1, "it is sent");

        await caller.CancelAsync();

        await sending.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        trace.Attempts.Should().ContainSingle().Which.Outcome.Should().Be(RequestAttemptOutcome.Cancelled);
    }

    [Fact]
    public async Task ServerBreaksTheConnection_TheAttemptFailed()
    {
        using HttpClient client = Client();
        using HttpRequestMessage request = Request("/abort", out RequestTrace trace);

        await client.Awaiting(sender => sender.SendAsync(request)).Should().ThrowAsync<HttpRequestException>();

        RequestAttempt attempt = trace.Attempts.Should().ContainSingle().Subject;
        attempt.Outcome.Should().Be(RequestAttemptOutcome.Failed);
        attempt.Error.Should().BeOfType<HttpRequestException>();
    }

    [Fact]
    public async Task Redirect_TheHopAddsToTheTrace()
    {
        using HttpClient client = Client();

        RequestTrace trace = await SendAsync(client, "/redirect");

        trace.TotalAttempts.Should().Be(2);
    }

    [Fact]
    public async Task Listener_HearsLookupConnectAndAttempt_AsChildrenOfTheCallers()
    {
        using ActivitySource caller = new($"caller {Guid.NewGuid()}");
        ConcurrentQueue<Activity> heard = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "DnsAwareHttp" or "System.Net.Http" or "Experimental.System.Net.Sockets" || source.Name == caller.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = heard.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using HttpClient client = Client();
        ActivityTraceId trace;
        ActivitySpanId parent;
        using (Activity activity = caller.StartActivity("call")!)
        {
            (trace, parent) = (activity.TraceId, activity.SpanId);
            await client.GetStringAsync(Url("/whoami"));
            Activity.Current.Should().BeSameAs(activity);
        }

        Activity[] own = [.. heard.Where(activity => activity.TraceId == trace)];
        Activity[] ours = [.. own.Where(activity => activity.Source.Name == "DnsAwareHttp")];
        ours.Select(activity => activity.OperationName).Should().Equal("dnsaware.lookup", "dnsaware.connect", "dnsaware.attempt");
        ours.Should().OnlyContain(activity => activity.ParentSpanId == parent);
        Activity attempt = ours[2];
        attempt.GetTagItem("network.peer.address").Should().Be(One);
        attempt.GetTagItem("dnsaware.outcome").Should().Be("answered");
        own.Single(activity => activity.Source.Name == "System.Net.Http").ParentSpanId.Should().Be(attempt.SpanId);
        own.Single(activity => activity.Source.Name == "Experimental.System.Net.Sockets").ParentSpanId.Should().Be(parent, "the request's choice began the dial");
    }

    [Fact]
    public async Task ListenerThrows_TheRequestIsAnswered()
    {
        bool isOwn = false;
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == "DnsAwareHttp",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => isOwn ? throw new InvalidOperationException("sample") : ActivitySamplingResult.None,
            ActivityStopped = static _ => throw new InvalidOperationException("stopped"),
        };
        ActivitySource.AddActivityListener(listener);
        using HttpClient client = Client();
        isOwn = true;

        (await client.GetStringAsync(Url("/whoami"))).Should().Be(One);
        isOwn = false;
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/redirect", static context =>
        {
            context.Response.Redirect("/whoami");
            return Task.CompletedTask;
        });
        app.MapGet("/never", static context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        app.MapGet("/abort", static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
    }

    private string Url(string path) => $"http://svc.test:{_server.Port}{path}";

    private HttpRequestMessage Request(string path, out RequestTrace trace)
    {
        HttpRequestMessage request = new(HttpMethod.Get, Url(path));
        request.Options.Set(DnsAwareHandler.TraceKey, trace = new RequestTrace());
        return request;
    }

    private async Task<RequestTrace> SendAsync(HttpClient client, string path, bool async = true)
    {
        using HttpRequestMessage request = Request(path, out RequestTrace trace);
        using HttpResponseMessage response = async ? await client.SendAsync(request) : client.Send(request);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        return trace;
    }

    private HttpClient Client(DnsAwareOptions? options = null) => new(new DnsAwareHandler(new SocketsHttpHandler(), options, _cache));
}
