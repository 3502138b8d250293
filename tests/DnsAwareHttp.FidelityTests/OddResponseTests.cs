namespace DnsAwareHttp.FidelityTests;

/// <summary>Responses that are legal but odd, and illegal ones: accepted, refused and reported the same, and the connection used again or not.</summary>
public sealed class OddResponseTests
{
    private const string Fails = "HttpRequestException ";
    private const string BodyFails = "content failed";
    private const string Fine = "content: 5 bytes: hello";

    [Theory]
    [InlineData(Fine, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("200 A Reason Of Its Own", "HTTP/1.1 200 A Reason Of Its Own\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 R\u00e9ussi\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")]
    [InlineData("header X-Folded: one   two", "HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("header X-Empty: ", "HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Spaced:   a b  \r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("header X-Many: a, b", "HTTP/1.1 200 OK\r\nX-Many: a\r\nX-Other: 1\r\nx-many: b\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 999", "HTTP/1.1 999 Odd\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.2 200", "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("content: 0 bytes", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("content: 0 bytes", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"1\"\r\n\r\n")]
    [InlineData("HTTP/1.1 205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more than was said")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;name=value;other=\"a b\"\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0002\r\nhe\r\n3  \r\nllo\r\n000\r\n\r\n")]
    [InlineData("content: 10 bytes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhellohello\r\n0\r\n\r\n")]
    [InlineData("trailer X-Sum: 1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\nX-Two: 3\r\n\r\n")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\nX-Fine: 1\r\n\r\n")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("content: 0 bytes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("content: 0 bytes", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("header Set-Cookie: a=b, c=d", "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("header Location: /elsewhere", "HTTP/1.1 201 Created\r\nLocation: /elsewhere\r\nContent-Length: 5\r\n\r\nhello")]
    public Task Odd_IsAcceptedTheSameAndTheConnectionGoesOnTheSame(string expected, string response) => AskTwiceAsync(expected, response);

    [Theory]
    [InlineData("HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 1000 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 2x0 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("FTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("220 mail.svc.test ESMTP\r\n\r\n")]
    [InlineData("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nNo colon here\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\n: no name\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Space : 1\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Null: a\u0000b\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\rContent-Length: 5\r\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Bare: a\rb\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task Illegal_IsTreatedTheSame(string response)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync(response);
            });
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().MatchRegex($"(?s)^({Fails}|.*{BodyFails}|HTTP/1.[12] )", "it was refused, its content was, or it was taken").And.Contain("GET / HTTP/1.1");
    }

    [Theory]
    [InlineData(Fails, "HTT")]
    [InlineData(Fails, "HTTP/1.1 200 OK")]
    [InlineData(Fails, "HTTP/1.1 200 OK\r\nContent-Len")]
    [InlineData(Fails, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")]
    [InlineData(BodyFails, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    [InlineData(BodyFails, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData(BodyFails, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData(BodyFails, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")]
    [InlineData(BodyFails, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData(BodyFails, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")]
    [InlineData(Fine, "HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("content: 0 bytes", "HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData(Fine, "HTTP/1.0 200 OK\r\n\r\nhello")]
    [InlineData(Fails, "HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task TheServerEndsTheConnection_MeansTheSame(string expected, string response)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync(response);
            });
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(expected).And.Contain("--- connection 0").And.NotContain("--- connection 1");
    }

    [Fact]
    public async Task TheServerEndsANewConnectionWithoutAByte_ItIsTriedOnAnotherOne()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static connection => connection.ReadRequestAsync());
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HttpRequestException ResponseEnded").And.Contain("--- connection 1");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n")]
    public async Task Head_HasNoContentWhateverTheHeadersSay(string response)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => response);
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/", static request => request.Method = HttpMethod.Head);
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/2", static request => request.Method = HttpMethod.Head);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("content: 0 bytes").And.Contain("HEAD /2");
    }

    private static async Task AskTwiceAsync(string expected, string response)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/" ? response : RawServer.Ok);
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(expected).And.Contain("GET /second HTTP/1.1");
    }
}
