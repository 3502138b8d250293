namespace DnsAwareHttp.FidelityTests;

/// <summary>Expect: 100-continue, and informational responses that nobody asked for.</summary>
public sealed class ExpectContinueTests
{
    private const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";

    [Theory]
    [InlineData(Continue, "\r\nthe content", "100, then the answer")]
    [InlineData("HTTP/1.1 100\r\nX-More: 1\r\n\r\n", "\r\nthe content", "100 with a header")]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\n" + Continue, "\r\nthe content", "102 and 100")]
    [InlineData(Continue + Continue, "\r\nthe content", "100 twice")]
    public async Task Honoured_TheContentFollows(string interim, string expected, string because)
    {
        string seen = await ExchangeAsync(async connection =>
        {
            await connection.WriteAsync(interim);
            return true;
        });

        seen.Should().Contain(expected, because).And.Contain("Expect: 100-continue").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData("417 Expectation Failed", 2000, false)]
    [InlineData("401 Unauthorized", 2000, false)]
    [InlineData("413 Content Too Large", 2000, false)]
    [InlineData("302 Found", 2000, false)]
    [InlineData("500 Internal Server Error", 2000, false)]
    [InlineData("503 Service Unavailable\r\nConnection: close", 2000, false)]
    [InlineData("417 Expectation Failed", 11, true)]
    [InlineData("503 Service Unavailable\r\nConnection: close", 11, true)]
    public async Task Refused_OnlyShortContentIsSentToKeepTheConnection(string status, int length, bool isSent)
    {
        string seen = await ExchangeAsync(async connection =>
        {
            await connection.WriteAsync($"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno");
            return false;
        }, length: length);

        seen.Should().Contain($"HTTP/1.1 {status.Split('\r')[0]}");
        seen.Contains("\r\nthe content", StringComparison.Ordinal).Should().Be(isSent);
    }

    [Theory]
    [InlineData("200 OK")]
    [InlineData("204 No Content")]
    public async Task AnsweredWithSuccess_TheContentIsSentAllTheSame(string status)
    {
        string seen = await ExchangeAsync(async connection =>
        {
            await connection.WriteAsync($"HTTP/1.1 {status}\r\n{(status.StartsWith("200", StringComparison.Ordinal) ? "Content-Length: 0\r\n" : "")}\r\n");
            return false;
        });

        seen.Should().Contain($"HTTP/1.1 {status}").And.Contain("\r\nthe content");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task NeverAnswered_TheContentIsSentAfterTheTimeout(int milliseconds)
    {
        string seen = await ExchangeAsync(static _ => Task.FromResult(true), TimeSpan.FromMilliseconds(milliseconds));

        seen.Should().Contain("\r\nthe content").And.Contain("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task TimeoutZero_TheServerIsNotWaitedFor()
    {
        string seen = await ExchangeAsync(static _ => Task.FromResult(true), TimeSpan.Zero);

        seen.Should().Contain("\r\nthe content").And.Contain("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task WithoutContent_NothingIsExpected()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}/", request => request.Headers.ExpectContinue = true);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.Contain("GET / HTTP/1.1");
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\nHTTP/1.1 102 P\r\n\r\n")]
    [InlineData("HTTP/1.1 199 Odd\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.0 100 Continue\r\n\r\n")]
    public async Task Informational_BeforeTheAnswer_IsPassedOver(string interim)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => interim + RawServer.Ok);
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/post", Asking.Posting(new StringContent("the content")));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("content: 5 bytes: hello");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(103)]
    public async Task Informational_OverHttp2_IsPassedOver(int status)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                while (await connection.ReadRequestAsync() is int stream)
                {
                    await connection.WriteHeadAsync(stream, false, (":status", $"{status}"), ("link", "</a>"));
                    await connection.AnswerAsync(stream);
                }
            });
            HttpClient client = trial.Client();
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain("HTTP/2.0 200").And.Contain("content: 5 bytes: hello");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OverHttp2_HonouredOrRefused_IsTreatedTheSame(bool honours)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                while (await connection.ReadRequestAsync() is int stream)
                {
                    if (honours)
                    {
                        await connection.WriteHeadAsync(stream, false, (":status", "100"));
                        await connection.ReadAsync(FrameConnection.Data);
                        await connection.AnswerAsync(stream);
                    }
                    else
                    {
                        await connection.WriteHeadAsync(stream, true, (":status", "417"));
                    }
                }
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(50) });
            await trial.AskAsync(client, server.Uri, request =>
            {
                Asking.OverHttp2(request);
                Asking.Posting(new StringContent("the content"))(request);
                request.Headers.ExpectContinue = true;
            });
            trial.Transcript.Write(server.Frames.Contains("the content", StringComparison.Ordinal) ? "sent" : "not sent");
        });

        seen.Should().Contain(honours ? "HTTP/2.0 200" : "HTTP/2.0 417").And.EndWith(honours ? "\nsent" : "\nnot sent");
    }

    private static Task<string> ExchangeAsync(Func<RawConnection, Task<bool>> answerHead, TimeSpan? timeout = null, int length = 11) => Twice.SameAsync(async trial =>
    {
        TaskCompletionSource served = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RawServer server = trial.Serve(async connection =>
        {
            while (await connection.ReadHeadAsync() is RawRequest head)
            {
                bool isToAnswer = await answerHead(connection);
                await connection.ReadBodyAsync(head);
                if (isToAnswer)
                {
                    await connection.WriteAsync(RawServer.Ok);
                }

                served.TrySetResult();
            }
        });
        SocketsHttpHandler settings = new() { Expect100ContinueTimeout = timeout ?? TimeSpan.FromSeconds(50), AllowAutoRedirect = false };
        await trial.AskAsync(trial.Client(settings), $"http://svc.test:{server.Port}/", request =>
        {
            Asking.Posting(new StringContent("the content".PadRight(length)))(request);
            request.Headers.ExpectContinue = true;
        });
        await served.Task;
        trial.Transcript.Write(server.Wire);
    });
}
