using System.IO.Compression;
using System.Net;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Requests that are sent by a thread which waits: every kind of answer and failure that HTTP/1.1 knows.</summary>
public sealed class SyncSendTests
{
    private static readonly Dictionary<string, string> Answers = new()
    {
        ["content with a length"] = RawServer.Ok,
        ["chunks"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        ["chunks and trailers"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n",
        ["content until the end"] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        ["no content"] = "HTTP/1.1 204 No Content\r\n\r\n",
        ["not modified"] = "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n",
        ["HTTP/1.0"] = "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nhello",
        ["informational"] = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + RawServer.Ok,
        ["not found"] = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
        ["unauthorised"] = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
        ["server error"] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
        ["cookie"] = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhello",
        ["ends before its headers"] = "HTTP/1.1 200 OK\r\nConnection: close\r\n",
        ["ends within its content"] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello",
        ["ends within its chunks"] = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhello",
        ["a chunk without a size"] = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello",
        ["no HTTP"] = "SMTP ready\r\nConnection: close\r\n\r\n",
        ["a status beyond numbers"] = "HTTP/1.1 OK\r\nConnection: close\r\n\r\n",
        ["headers that are too long"] = $"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 70_000)}\r\nConnection: close\r\n\r\n",
        ["a header without a colon"] = "HTTP/1.1 200 OK\r\nBroken\r\nConnection: close\r\n\r\n",
    };

    public static TheoryData<string> AnswerNames => [.. Answers.Keys];

    [Theory]
    [MemberData(nameof(AnswerNames))]
    public async Task Answer_IsReadByTheThread(string what)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => Answers[what]);
            using Caller caller = new(trial, SendWay.ClientSync);
            for (int attempt = 0; attempt < 2; attempt++)
            {
                await caller.GetAsync($"http://svc.test:{server.Port}/");
            }

            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET / HTTP/1.1").And.MatchRegex("HTTP/1.[01] \\d+ |HttpRequestException");
    }

    [Theory]
    [MemberData(nameof(AnswerNames))]
    public async Task Answer_IsBufferedByTheThread(string what)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => Answers[what]);
            using HttpClient client = trial.Client();
            await Caller.OnThread(() => SendBuffered(trial, client, $"http://svc.test:{server.Port}/"));
        });

        seen.Should().MatchRegex("buffered \\d+|HttpRequestException");
    }

    [Theory]
    [InlineData("GET", 301)]
    [InlineData("GET", 302)]
    [InlineData("GET", 303)]
    [InlineData("GET", 307)]
    [InlineData("GET", 308)]
    [InlineData("POST", 301)]
    [InlineData("POST", 302)]
    [InlineData("POST", 303)]
    [InlineData("POST", 307)]
    [InlineData("POST", 308)]
    public async Task Redirect_IsFollowedByTheThread(string method, int status)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("other.test", "127.0.0.1");
            RawServer server = null!;
            server = trial.Serve(request => request.Target == "/" ? $"HTTP/1.1 {status} Moved\r\nLocation: http://other.test:{server.Port}/new\r\nContent-Length: 0\r\n\r\n" : RawServer.Ok);
            using Caller caller = new(trial, SendWay.ClientSync);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
            request.Method = new HttpMethod(method);
            request.Content = method == "POST" ? new StringContent("content") : null;
            await caller.SendAsync(request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("http://other.test:PORT/new").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData("Basic", false)]
    [InlineData("Basic", true)]
    [InlineData("Digest", false)]
    public async Task Challenge_IsAnsweredByTheThread(string scheme, bool preAuthenticate)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            string challenge = scheme == "Basic" ? "Basic realm=\"r\"" : "Digest realm=\"r\", nonce=\"n\", algorithm=MD5";
            RawServer server = trial.Serve(request => request.Header("Authorization") is null
                ? $"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n" : RawServer.Ok);
            using Caller caller = new(trial, SendWay.ClientSync, new SocketsHttpHandler { Credentials = new NetworkCredential("user", "secret"), PreAuthenticate = preAuthenticate });
            for (int attempt = 0; attempt < 2; attempt++)
            {
                await caller.GetAsync($"http://svc.test:{server.Port}/");
            }

            trial.Transcript.Write($"requests: {server.Wire.Split("GET / HTTP").Length - 1}, connections: {server.Connections.Count}");
        });

        seen.Should().Contain("200 OK").And.Contain(preAuthenticate ? "requests: 3" : "requests: 4").And.Contain("connections: 1");
    }

    [Theory]
    [InlineData("gzip", DecompressionMethods.GZip)]
    [InlineData("deflate", DecompressionMethods.Deflate)]
    [InlineData("br", DecompressionMethods.Brotli)]
    [InlineData("gzip", DecompressionMethods.None)]
    public async Task CompressedContent_IsReadByTheThread(string encoding, DecompressionMethods methods)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            string body = Encoding.Latin1.GetString(Compress(encoding, "a text that is compressed"));
            RawServer server = trial.Serve(_ => $"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            using Caller caller = new(trial, SendWay.ClientSync, new SocketsHttpHandler { AutomaticDecompression = methods });
            await caller.GetAsync($"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(methods == DecompressionMethods.None ? "Content-Encoding: gzip" : "25 bytes: a text that is compressed");
    }

    [Theory]
    [InlineData("content")]
    [InlineData("chunks")]
    [InlineData("Expect honoured")]
    [InlineData("Expect refused")]
    [InlineData("fails")]
    public async Task Content_IsSentByTheThread(string what)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                while (await connection.ReadHeadAsync() is RawRequest head)
                {
                    if (what == "Expect refused")
                    {
                        await connection.WriteAsync("HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                        return;
                    }

                    await connection.WriteAsync(what == "Expect honoured" ? "HTTP/1.1 100 Continue\r\n\r\n" : "");
                    await connection.ReadBodyAsync(head);
                    await connection.WriteAsync(RawServer.Ok);
                }
            });
            using Caller caller = new(trial, SendWay.ClientSync);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
            request.Method = HttpMethod.Post;
            request.Content = what switch
            {
                "chunks" => new UnknownLengthContent("content"),
                "fails" => new FailingContent(),
                _ => new StringContent("content"),
            };
            request.Headers.ExpectContinue = what.StartsWith("Expect", StringComparison.Ordinal) ? true : null;
            await caller.SendAsync(request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(what switch { "fails" => "told: no", "Expect refused" => "HTTP/1.1 417", _ => "content" });
    }

    [Theory]
    [InlineData(SendWay.ClientSync)]
    [InlineData(SendWay.InvokerSync)]
    public async Task NobodyListens_FailsTheSame(SendWay way)
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            int port = LoopbackServer.FreePort();
            trial.Transcript.Name(port, "PORT");
            using Caller caller = new(trial, way);
            await caller.GetAsync($"http://127.0.0.1:{port}/");
        });

        seen.Should().Contain($"HttpRequestException {HttpRequestError.ConnectionError}").And.Contain("SocketException ConnectionRefused");
    }

    [Fact]
    public async Task OverTls_IsTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls());
            using Caller caller = new(trial, SendWay.ClientSync, Trial.TrustingAll());
            await caller.GetAsync($"https://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("200 OK").And.Contain("Host: svc.test:PORT");
    }

    [Fact]
    public async Task OverTls_WithoutTrust_FailsTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls());
            using Caller caller = new(trial, SendWay.ClientSync);
            await caller.GetAsync($"https://svc.test:{server.Port}/");
        });

        seen.Should().Contain("SecureConnectionError").And.Contain("AuthenticationException");
    }

    private static bool SendBuffered(Trial trial, HttpClient client, string uri)
    {
        try
        {
            using HttpRequestMessage request = Caller.Get(uri);
            using HttpResponseMessage response = client.Send(request);
            using StreamReader reader = new(response.Content.ReadAsStream());
            trial.Transcript.Write($"{(int)response.StatusCode} buffered {response.Content.Headers.ContentLength}: {reader.ReadToEnd()}");
        }
        catch (Exception failure)
        {
            trial.Transcript.Write(failure);
        }

        return true;
    }

    private static byte[] Compress(string encoding, string text)
    {
        using MemoryStream compressed = new();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Optimal),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal),
            _ => new BrotliStream(compressed, CompressionLevel.Optimal),
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return compressed.ToArray();
    }

    /// <summary>Content that cannot be sent.</summary>
    private sealed class FailingContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new InvalidOperationException("told: no");

        protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken) => throw new InvalidOperationException("told: no");

        protected override bool TryComputeLength(out long length)
        {
            length = 7;
            return true;
        }
    }
}
