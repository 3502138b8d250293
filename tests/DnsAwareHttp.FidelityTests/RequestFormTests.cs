using System.Net.Http.Headers;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>A request's bytes on the wire: headers in their order and encoding, content in its framing.</summary>
public sealed class RequestFormTests
{
    public static TheoryData<string, string> Forms() => new()
    {
        { "order", "X-C: 3\r\nX-A: 1\r\nX-B: 2\r\n" },
        { "many values", "X-Many: a, b, c\r\n" },
        { "accept", "Accept: text/html, */*; q=0.5\r\n" },
        { "user agent", "User-Agent: one/1.0 (a comment) two\r\n" },
        { "long", new string('x', 20_000) },
        { "empty value", "X-Empty: \r\n" },
        { "unvalidated", "Date: no date at all\r\n" },
        { "close", "Connection: close\r\n" },
        { "date", "Host: svc.test:PORT\r\nDate: DATE\r\n" },
        { "cache", "Cache-Control: no-cache, max-age=5\r\nPragma: no-cache\r\n" },
        { "range", "Range: bytes=0-4\r\n" },
        { "te", "TE: trailers\r\n" },
        { "version 1.0", "GET /path?a=b%20c HTTP/1.0\r\n" },
        { "lower-case method", "GET /path?a=b%20c HTTP/1.1\r\n" },
        { "escaped target", "GET /%C3%A9%2F/x%7B?q=%22 HTTP/1.1\r\n" },
        { "utf-8 refused", "HttpRequestException" },
        { "folded", "X-Name: a\r\n b\r\n" },
        { "two hosts", "Host: other.test\r\n" },
        { "expect other", "Expect: something\r\n" },
    };

    public static TheoryData<string, string> Contents() => new()
    {
        { "known length", "Content-Length: 11\r\n\r\nthe content" },
        { "unknown length", "Transfer-Encoding: chunked\r\n\r\nB\r\nthe content\r\n0\r\n\r\n" },
        { "chunked on demand", "Transfer-Encoding: chunked\r\n" },
        { "empty", "Content-Length: 0\r\n\r\n" },
        { "empty of unknown length", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "in parts", "4\r\nthe \r\n7\r\ncontent\r\n0\r\n\r\n" },
        { "multipart", "multipart/form-data; boundary=\"bound\"" },
        { "form", "Content-Type: application/x-www-form-urlencoded\r\n" },
        { "headers of content", "Content-Language: de, en\r\n" },
        { "stream", "Content-Length: 11\r\n\r\nthe content" },
        { "get with content", "GET / HTTP/1.1\r\n" },
        { "post without content", "Content-Length: 0\r\n" },
        { "longer than said", "HttpRequestException" },
        { "shorter than said", "HttpRequestException" },
        { "throws at once", "InvalidOperationException: no content" },
        { "throws an IOException", "IOException: no content" },
        { "throws when half is written", "InvalidOperationException: no more content" },
        { "throws when half of an unknown length is written", "InvalidOperationException: no more content" },
        { "read twice", "HttpRequestException" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Headers_AreSentTheSame(string form, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            string path = form == "escaped target" ? "/\u00e9%2F/x{?q=\"" : "/path?a=b c";
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}{path}", request => Form(request, form));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(expected);
    }

    [Theory]
    [MemberData(nameof(Contents))]
    public async Task Content_IsSentTheSame(string form, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/", request => Fill(request, form));
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/after");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(expected).And.Contain("GET /after");
    }

    [Theory]
    [InlineData("latin1", "X-Name: \u00e9")]
    [InlineData("utf-8", "X-Name: \u00c3\u00a9")]
    [InlineData("utf-8 for this header only", "X-Name: \u00c3\u00a9")]
    public async Task RequestHeaderEncodingSelector_IsAsked(string encoding, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            SocketsHttpHandler settings = new()
            {
                RequestHeaderEncodingSelector = (name, request) =>
                {
                    trial.Transcript.Write($"asked for {name} of {request.RequestUri}");
                    return encoding == "latin1" ? Encoding.Latin1 : name == "X-Name" || encoding == "utf-8" ? Encoding.UTF8 : null;
                },
            };
            await trial.AskAsync(trial.Client(settings), $"http://svc.test:{server.Port}/", static request =>
            {
                request.Headers.TryAddWithoutValidation("X-Name", "\u00e9");
                request.Headers.TryAddWithoutValidation("X-Other", "plain");
            });
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("asked for X-Name of http://svc.test:PORT/").And.Contain(expected);
    }

    [Theory]
    [InlineData("latin1", "header X-Name: \u00c3\u00a9")]
    [InlineData("utf-8", "header X-Name: \u00e9")]
    [InlineData("none", "header X-Name: \u00c3\u00a9")]
    public async Task ResponseHeaderEncodingSelector_IsAsked(string encoding, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => "HTTP/1.1 200 OK\r\nX-Name: \u00c3\u00a9\r\nContent-Length: 0\r\n\r\n");
            SocketsHttpHandler settings = new()
            {
                ResponseHeaderEncodingSelector = (name, request) =>
                {
                    trial.Transcript.Write($"asked for {name} of {request.RequestUri}");
                    return encoding switch { "latin1" => Encoding.Latin1, "utf-8" => Encoding.UTF8, _ => null };
                },
            };
            await trial.AskAsync(trial.Client(settings), $"http://svc.test:{server.Port}/");
        });

        seen.Should().Contain("asked for X-Name of http://svc.test:PORT/").And.Contain(expected);
    }

    [Theory]
    [InlineData("order")]
    [InlineData("many values")]
    [InlineData("utf-8 refused")]
    [InlineData("two hosts")]
    [InlineData("close")]
    [InlineData("te")]
    public async Task HeadersOverHttp2_AreSentTheSame(string form)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, FrameServer.AnswerAllAsync);
            HttpClient client = trial.Client();
            await trial.AskAsync(client, server.Uri, request =>
            {
                Form(request, form);
                Asking.OverHttp2(request);
            });
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain("HEADERS flags 5").And.Contain(form == "utf-8 refused" ? "HttpRequestException" : "HTTP/2.0 200");
    }

    [Theory]
    [InlineData("known length", "stream 1: the content")]
    [InlineData("unknown length", "stream 1: the content")]
    [InlineData("empty", "DATA flags 1 stream 1: \n")]
    [InlineData("longer than said", "HttpRequestException")]
    [InlineData("shorter than said", "HttpRequestException")]
    [InlineData("throws at once", "InvalidOperationException: no content")]
    public async Task ContentOverHttp2_IsSentTheSame(string form, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                while (await connection.ReadRequestAsync() is int stream)
                {
                    while (stream == 1 && await connection.ReadAsync(FrameConnection.Data) is { Flags: not FrameConnection.EndStream })
                    {
                    }

                    await connection.AnswerAsync(stream);
                }
            });
            HttpClient client = trial.Client();
            await trial.AskAsync(client, server.Uri, request =>
            {
                Fill(request, form);
                Asking.OverHttp2(request);
            });
            trial.Transcript.Write(form.Contains("length", StringComparison.Ordinal) || form == "empty" ? server.Frames : "");
        });

        seen.Should().Contain(expected);
    }

    private static void Form(HttpRequestMessage request, string form)
    {
        HttpRequestHeaders headers = request.Headers;
        switch (form)
        {
            case "order":
                headers.Add("X-C", "3");
                headers.Add("X-A", "1");
                headers.Add("X-B", "2");
                break;
            case "many values":
                headers.Add("X-Many", ["a", "b"]);
                headers.Add("X-Many", "c");
                break;
            case "accept":
                headers.Accept.ParseAdd("text/html");
                headers.Accept.ParseAdd("*/*; q=0.5");
                break;
            case "user agent":
                headers.UserAgent.ParseAdd("one/1.0 (a comment) two");
                break;
            case "long":
                headers.Add("X-Long", new string('x', 20_000));
                break;
            case "empty value":
                headers.TryAddWithoutValidation("X-Empty", "");
                break;
            case "unvalidated":
                headers.TryAddWithoutValidation("Date", "no date at all");
                break;
            case "close":
                headers.ConnectionClose = true;
                break;
            case "date":
                headers.Date = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
                break;
            case "cache":
                headers.CacheControl = new CacheControlHeaderValue { NoCache = true, MaxAge = TimeSpan.FromSeconds(5) };
                headers.Pragma.ParseAdd("no-cache");
                break;
            case "range":
                headers.Range = new RangeHeaderValue(0, 4);
                break;
            case "te":
                headers.TE.ParseAdd("trailers");
                break;
            case "version 1.0":
                request.Version = new Version(1, 0);
                break;
            case "lower-case method":
                request.Method = new HttpMethod("get");
                break;
            case "utf-8 refused":
                headers.TryAddWithoutValidation("X-Name", "\u65e5\u672c");
                break;
            case "folded":
                headers.TryAddWithoutValidation("X-Name", "a\r\n b");
                break;
            case "two hosts":
                headers.Host = "other.test";
                break;
            case "expect other":
                headers.Expect.ParseAdd("something");
                break;
            default:
                break;
        }
    }

    private static void Fill(HttpRequestMessage request, string form)
    {
        request.Method = form == "get with content" ? HttpMethod.Get : HttpMethod.Post;
        request.Headers.TransferEncodingChunked = form == "chunked on demand" ? true : null;
        request.Content = form switch
        {
            "unknown length" => new ScriptedContent("the content", null),
            "empty" => new ByteArrayContent([]),
            "empty of unknown length" => new ScriptedContent("", null),
            "in parts" => new ScriptedContent(static async stream =>
            {
                await stream.WriteAsync("the "u8.ToArray());
                await stream.FlushAsync();
                await stream.WriteAsync("content"u8.ToArray());
            }),
            "multipart" => new MultipartFormDataContent("bound") { { new StringContent("value"), "name" }, { new ByteArrayContent([1, 2, 3]), "file", "a.bin" } },
            "form" => new FormUrlEncodedContent([KeyValuePair.Create("a", "b c"), KeyValuePair.Create("d", "\u00e9&")]),
            "stream" => new StreamContent(new MemoryStream("the content"u8.ToArray())),
            "read twice" => Read(new StreamContent(new OneWay("the content"u8.ToArray()))),
            "post without content" => null,
            "longer than said" => new ScriptedContent("the content", 5),
            "shorter than said" => new ScriptedContent("the content", 50),
            "throws at once" => new ScriptedContent(static _ => throw new InvalidOperationException("no content"), 11),
            "throws an IOException" => new ScriptedContent(static _ => throw new IOException("no content"), 11),
            "throws when half is written" => new ScriptedContent(HalfAsync, 11),
            "throws when half of an unknown length is written" => new ScriptedContent(HalfAsync),
            _ => new StringContent("the content"),
        };
        if (form == "headers of content")
        {
            request.Content!.Headers.ContentLanguage.Add("de");
            request.Content.Headers.ContentLanguage.Add("en");
            request.Content.Headers.TryAddWithoutValidation("X-Mine", "1");
        }
    }

    private static async Task HalfAsync(Stream stream)
    {
        await stream.WriteAsync("the "u8.ToArray());
        throw new InvalidOperationException("no more content");
    }

    private static StreamContent Read(StreamContent content)
    {
        content.CopyTo(Stream.Null, null, CancellationToken.None);
        return content;
    }

    private sealed class OneWay(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
