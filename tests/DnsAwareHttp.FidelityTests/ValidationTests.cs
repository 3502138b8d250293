using System.Net;
using System.Net.Http.Headers;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Requests that the runtime refuses: with the same error, told the same way, before any name is asked or any address dialled.</summary>
public sealed class ValidationTests
{
    private static readonly Dictionary<string, Action<HttpRequestMessage>> Requests = new()
    {
        ["no URI"] = request => request.RequestUri = null,
        ["relative URI"] = request => request.RequestUri = new Uri("/path", UriKind.Relative),
        ["ftp"] = request => request.RequestUri = new Uri("ftp://svc.test/file"),
        ["file"] = request => request.RequestUri = new Uri("file:///etc/hosts"),
        ["mailto"] = request => request.RequestUri = new Uri("mailto:somebody@svc.test"),
        ["HTTP/0.9"] = request => request.Version = new Version(0, 9),
        ["HTTP/0.0"] = request => request.Version = new Version(0, 0),
        ["HTTP/1.2"] = request => request.Version = new Version(1, 2),
        ["HTTP/2.1"] = request => request.Version = new Version(2, 1),
        ["HTTP/3.0 exact"] = request => request.Version = HttpVersion.Version30,
        ["HTTP/3.0 or higher"] = request => (request.Version, request.VersionPolicy) = (HttpVersion.Version30, HttpVersionPolicy.RequestVersionOrHigher),
        ["HTTP/4.0"] = request => request.Version = new Version(4, 0),
        ["HTTP/4.0 or lower"] = request => (request.Version, request.VersionPolicy) = (new Version(4, 0), HttpVersionPolicy.RequestVersionOrLower),
        ["HTTP/1.2 or lower"] = request => (request.Version, request.VersionPolicy) = (new Version(1, 2), HttpVersionPolicy.RequestVersionOrLower),
        ["chunked without content"] = request => request.Headers.TransferEncodingChunked = true,
        ["chunked without content, not validated"] = request => request.Headers.TryAddWithoutValidation("Transfer-Encoding", "chunked"),
        ["chunked without content, HTTP/2"] = request => (request.Version, request.Headers.TransferEncodingChunked) = (HttpVersion.Version20, true),
        ["chunked without content, HTTP/1.0"] = request => (request.Version, request.Headers.TransferEncodingChunked) = (HttpVersion.Version10, true),
        ["chunked, HTTP/1.0"] = request =>
        {
            request.Version = HttpVersion.Version10;
            request.Content = new StringContent("content");
            request.Headers.TransferEncodingChunked = true;
        },
        ["content of unknown length, HTTP/1.0"] = request => (request.Version, request.Content) = (HttpVersion.Version10, new UnknownLengthContent("content")),
    };

    // What looks like one of them, and is none.
    private static readonly Dictionary<string, Action<HttpRequestMessage>> Fine = new()
    {
        ["HTTP/1.0"] = request => request.Version = HttpVersion.Version10,
        ["HTTP/1.0 with content"] = request => (request.Method, request.Version, request.Content) = (HttpMethod.Post, HttpVersion.Version10, new StringContent("content")),
        ["HTTP/1.0 with Expect"] = request =>
        {
            request.Version = HttpVersion.Version10;
            request.Content = new StringContent("content");
            request.Headers.ExpectContinue = true;
        },
        ["chunked with content"] = request => (request.Content, request.Headers.TransferEncodingChunked) = (new StringContent("content"), true),
        ["not chunked"] = request => request.Headers.TransferEncodingChunked = false,
        ["gzip transfer coding"] = request => request.Headers.TransferEncoding.Add(new TransferCodingHeaderValue("gzip")),
        ["content of unknown length"] = request => request.Content = new UnknownLengthContent("content"),
        ["Expect without content"] = request => request.Headers.ExpectContinue = true,
        ["HTTP/3.0 or lower"] = request => (request.Version, request.VersionPolicy) = (HttpVersion.Version30, HttpVersionPolicy.RequestVersionOrLower),
        ["HTTP/2.0 or lower"] = request => (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower),
        ["HTTP/1.1 or higher"] = request => request.VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
        ["header with a new line"] = request => request.Headers.TryAddWithoutValidation("X-Two", "one\r\nX-More: two"),
        ["header beyond ASCII"] = request => request.Headers.TryAddWithoutValidation("X-Text", "caf\u00e9"),
        ["Content-Length that is too long"] = request => (request.Content = new StringContent("content")).Headers.ContentLength = 8,
        ["Content-Length that is too short"] = request => (request.Content = new StringContent("content")).Headers.ContentLength = 6,
        ["user info"] = request => request.RequestUri = new UriBuilder(request.RequestUri!) { UserName = "user", Password = "secret" }.Uri,
    };

    public static TheoryData<string, SendWay> Refused => Rows(Requests);

    public static TheoryData<string, SendWay> Taken => Rows(Fine);

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task BadRequest_IsRefusedBeforeDns(string what, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Caller caller = new(trial, way);
            using HttpRequestMessage request = Make(Requests[what], server);
            await caller.SendAsync(request);
            trial.Transcript.Write($"any name asked: {trial.AnyNameAsked}, connections: {server.Connections.Count}");
            (trial.Snapshot()?.Origins ?? []).Should().BeEmpty();
        });

        seen.Should().MatchRegex("NotSupportedException|InvalidOperationException|HttpRequestException").And.Contain("any name asked: False, connections: 0");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task BadRequest_AfterGoodOnes_IsRefusedAndHarmsNothing(string what, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Caller caller = new(trial, way);
            for (int attempt = 0; attempt < 2; attempt++)
            {
                await caller.GetAsync($"http://svc.test:{server.Port}/");
                using HttpRequestMessage bad = Make(Requests[what], server);
                await caller.SendAsync(bad);
            }

            trial.Transcript.Write(server.Wire);
            foreach (EndpointSnapshot endpoint in trial.Snapshot()?.Origins.SelectMany(origin => origin.Endpoints) ?? [])
            {
                endpoint.State.Should().Be(EndpointState.Ready);
                endpoint.ActiveRequests.Should().Be(0);
            }
        });

        seen.Should().Contain("Exception").And.Contain("--- connection 0").And.NotContain("--- connection 1");
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task OddRequest_IsSentTheSame(string what, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Caller caller = new(trial, way);
            for (int attempt = 0; attempt < 2; attempt++)
            {
                using HttpRequestMessage request = Make(Fine[what], server);
                await caller.SendAsync(request);
            }

            if (!trial.Transcript.ToString().Contains("Exception", StringComparison.Ordinal))
            {
                // How much of a request arrives that fails while it is sent is a matter of chance.
                trial.Transcript.Write(server.Wire);
            }

            trial.Transcript.Write($"any name asked: {trial.AnyNameAsked}");
        });

        seen.Should().MatchRegex("request: [A-Z]+ http|HttpRequestException Unknown|NotSupportedException").And.Contain("any name asked: ");
    }

    private static HttpRequestMessage Make(Action<HttpRequestMessage> shape, RawServer server)
    {
        HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
        shape(request);
        return request;
    }

    private static TheoryData<string, SendWay> Rows(Dictionary<string, Action<HttpRequestMessage>> requests)
    {
        TheoryData<string, SendWay> rows = [];
        foreach (string what in requests.Keys)
        {
            foreach (SendWay way in new[] { SendWay.Client, SendWay.ClientSync, SendWay.Invoker, SendWay.InvokerSync })
            {
                rows.Add(what, way);
            }
        }

        return rows;
    }
}
