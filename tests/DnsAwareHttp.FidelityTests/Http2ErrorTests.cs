namespace DnsAwareHttp.FidelityTests;

/// <summary>What an HTTP/2 server may do to a stream or a connection, frame by frame: what is retried, and how the rest is reported.</summary>
public sealed class Http2ErrorTests
{
    public static TheoryData<string, string> Deeds() => new()
    {
        { "nothing", "HTTP/2.0 200" },
        { "trailers", "trailer x-sum: 1" },
        { "head only", "content: 0 bytes" },
        { "many data frames", "content: 10 bytes: hellohello" },
        { "reset in the middle", "content failed" },
        { "reset without error after the answer", "content: 5 bytes: hello" },
        { "connection ends before the answer", "HttpRequestException" },
        { "connection ends in the middle", "content failed" },
        { "goaway after the answer", "--- connection 1" },
        { "goaway, the stream is still served", "content: 5 bytes: hello" },
        { "goaway, the stream is not served", "--- connection 1" },
        { "goaway with an error, the stream is not served", "--- connection 1" },
        { "goaway with an error, the stream is not known to be", "HttpRequestException" },
        { "refused once", "HTTP/2.0 200" },
        { "no status", "HttpRequestException" },
        { "status is no number", "HttpRequestException" },
        { "status twice", "HttpRequestException" },
        { "pseudo-header after others", "HttpRequestException" },
        { "unknown pseudo-header", "HttpRequestException" },
        { "upper-case header", "header X-Upper: 1" },
        { "content longer than said", "hello" },
        { "content shorter than said", "hello" },
        { "data before the head", "HttpRequestException" },
        { "data on a stream that was never opened", "HttpRequestException" },
        { "push promise", "HttpRequestException" },
        { "window update of zero", "HttpRequestException" },
        { "window overflow", "HttpRequestException" },
        { "frame too large", "HttpRequestException" },
        { "settings of odd length", "HttpRequestException" },
        { "ping of odd length", "HttpRequestException" },
        { "unknown frame", "HTTP/2.0 200" },
        { "broken header block", "HttpRequestException" },
        { "http/1.1 answer", "HttpRequestException" },
    };

    [Theory]
    [MemberData(nameof(Deeds))]
    public async Task Deed_HasTheSameOutcome(string deed, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource head = new(TaskCreationOptions.RunContinuationsAsynchronously);
            FrameServer server = new(trial, connection => ServeAsync(connection, deed, head.Task));
            using HttpClient client = new(new HeadSignal(trial.Handler(), head));
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            await trial.AskAsync(client, server.Uri + "second", Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain(expected).And.Contain("SETTINGS flags 0");
    }

    [Theory]
    [InlineData(0, "NO_ERROR")]
    [InlineData(1, "PROTOCOL_ERROR")]
    [InlineData(2, "INTERNAL_ERROR")]
    [InlineData(3, "FLOW_CONTROL_ERROR")]
    [InlineData(5, "STREAM_CLOSED")]
    [InlineData(6, "FRAME_SIZE_ERROR")]
    [InlineData(7, "REFUSED_STREAM")]
    [InlineData(8, "CANCEL")]
    [InlineData(9, "COMPRESSION_ERROR")]
    [InlineData(10, "CONNECT_ERROR")]
    [InlineData(11, "ENHANCE_YOUR_CALM")]
    [InlineData(12, "INADEQUATE_SECURITY")]
    [InlineData(13, "HTTP_1_1_REQUIRED")]
    [InlineData(99, "unknown")]
    public async Task StreamReset_IsReportedTheSame(int code, string name)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                while (await connection.ReadRequestAsync() is int stream)
                {
                    await connection.ResetAsync(stream, code);
                }
            });
            HttpClient client = trial.Client();
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            await trial.AskAsync(client, server.Uri, request =>
            {
                Asking.OverHttp2(request);
                Asking.Posting(new StringContent("the content"))(request);
            });
            trial.Transcript.Write($"{server.Connections} connections");
        });

        seen.Should().Contain("HttpProtocolException", name).And.Contain($"(0x{code:x})").And.Contain("1 connections");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RefusedStream_IsSentAgain(bool withContent)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                for (int i = 0; await connection.ReadRequestAsync() is int stream; i++)
                {
                    if (withContent)
                    {
                        while (await connection.ReadAsync(FrameConnection.Data) is { Flags: not FrameConnection.EndStream })
                        {
                        }
                    }

                    await (i < 2 ? connection.ResetAsync(stream, 7) : connection.AnswerAsync(stream));
                }
            });
            await trial.AskAsync(trial.Client(), server.Uri, request =>
            {
                Asking.OverHttp2(request);
                request.Content = withContent ? new StringContent("the content") : null;
                request.Method = withContent ? HttpMethod.Post : HttpMethod.Get;
            });
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain("HEADERS").And.Contain("svc.test");
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(131_072)]
    [InlineData(1_000_000)]
    public async Task InitialHttp2StreamWindowSize_IsInTheSettings(int size)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, FrameServer.AnswerAllAsync);
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { InitialHttp2StreamWindowSize = size }), server.Uri, Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain($"SETTINGS flags 0 stream 0: 0002000000000004{size:X8}");
    }

    [Theory]
    [InlineData(HttpKeepAlivePingPolicy.WithActiveRequests)]
    [InlineData(HttpKeepAlivePingPolicy.Always)]
    public async Task KeepAlivePing_GoesOutWhileARequestWaits(HttpKeepAlivePingPolicy policy)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                if (await connection.ReadRequestAsync() is int stream && await connection.ReadAsync(FrameConnection.Ping) is not null)
                {
                    await connection.AnswerAsync(stream, "pinged");
                    await connection.ReadToEndAsync();
                }
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingPolicy = policy });
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain("content: 6 bytes: pinged");
    }

    [Fact]
    public async Task KeepAlivePing_WithoutAnAnswer_EndsTheRequest()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                connection.AnswersPings = false;
                await connection.ReadToEndAsync();
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = TimeSpan.FromSeconds(1) });
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Should().Contain("HttpRequestException").And.Contain("HEADERS flags 5 stream 1");
    }

    private static async Task ServeAsync(FrameConnection connection, string deed, Task head)
    {
        while (await connection.ReadRequestAsync() is int stream)
        {
            bool isFirst = connection.Number == 0 && stream == 1;
            if (!isFirst)
            {
                await connection.AnswerAsync(stream);
            }
            else if (!await DoAsync(connection, stream, deed, head))
            {
                return;
            }
        }
    }

    /// <summary>Does the deed.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="stream">The stream of the request.</param>
    /// <param name="deed">What.</param>
    /// <param name="head">Ends when the caller has the head. If the end comes at the same time, the runtime reports one or the other.</param>
    /// <returns>Whether the connection goes on.</returns>
    private static async Task<bool> DoAsync(FrameConnection connection, int stream, string deed, Task head)
    {
        byte[] word = [0, 0, 0, 0];
        switch (deed)
        {
            case "trailers":
                await connection.WriteHeadAsync(stream, false, (":status", "200"));
                await connection.WriteDataAsync(stream, false, "hello");
                await connection.WriteHeadAsync(stream, true, ("x-sum", "1"), ("x-two", "2"));
                return true;
            case "head only":
                await connection.WriteHeadAsync(stream, true, (":status", "404"), ("x-why", "1"));
                return true;
            case "many data frames":
                await connection.WriteHeadAsync(stream, false, (":status", "200"));
                await connection.WriteDataAsync(stream, false, "hello");
                await connection.WriteDataAsync(stream, false, "");
                await connection.WriteDataAsync(stream, false, "hello");
                await connection.WriteDataAsync(stream, true, "");
                return true;
            case "reset in the middle":
                await connection.WriteHeadAsync(stream, false, (":status", "200"));
                await connection.WriteDataAsync(stream, false, "hel");
                await head;
                await connection.ResetAsync(stream, 2);
                return true;
            case "reset without error after the answer":
                await connection.AnswerAsync(stream);
                await connection.ResetAsync(stream, 0);
                return true;
            case "connection ends before the answer":
                return false;
            case "connection ends in the middle":
                await connection.WriteHeadAsync(stream, false, (":status", "200"));
                await connection.WriteDataAsync(stream, false, "hel");
                await head;
                return false;
            case "goaway after the answer":
                await connection.GoAwayAsync(stream, 0);
                await connection.AnswerAsync(stream);
                return true;
            case "goaway, the stream is still served":
                await connection.GoAwayAsync(int.MaxValue, 0);
                await connection.GoAwayAsync(stream, 0);
                await connection.AnswerAsync(stream);
                return true;
            case "goaway, the stream is not served":
                await connection.GoAwayAsync(0, 0);
                return true;
            case "goaway with an error, the stream is not served":
                await connection.GoAwayAsync(0, 11);
                return true;
            case "goaway with an error, the stream is not known to be":
                await connection.GoAwayAsync(stream, 2);
                return false;
            case "refused once":
                await connection.ResetAsync(stream, 7);
                return true;
            case "no status":
                await connection.WriteHeadAsync(stream, true, ("x-a", "1"));
                return true;
            case "status is no number":
                await connection.WriteHeadAsync(stream, true, (":status", "two"));
                return true;
            case "status twice":
                await connection.WriteHeadAsync(stream, true, (":status", "200"), (":status", "200"));
                return true;
            case "pseudo-header after others":
                await connection.WriteHeadAsync(stream, true, ("x-a", "1"), (":status", "200"));
                return true;
            case "unknown pseudo-header":
                await connection.WriteHeadAsync(stream, true, (":status", "200"), (":other", "1"));
                return true;
            case "upper-case header":
                await connection.WriteHeadAsync(stream, true, (":status", "200"), ("X-Upper", "1"));
                return true;
            case "content longer than said":
                await connection.WriteHeadAsync(stream, false, (":status", "200"), ("content-length", "3"));
                await connection.WriteDataAsync(stream, true, "hello");
                return true;
            case "content shorter than said":
                await connection.WriteHeadAsync(stream, false, (":status", "200"), ("content-length", "30"));
                await connection.WriteDataAsync(stream, true, "hello");
                return true;
            case "data before the head":
                await connection.WriteDataAsync(stream, true, "hello");
                return true;
            case "data on a stream that was never opened":
                await connection.WriteDataAsync(stream + 100, true, "hello");
                return true;
            case "push promise":
                await connection.WriteAsync(FrameConnection.PushPromise, FrameConnection.EndHeaders, stream, [0, 0, 0, 2]);
                return true;
            case "window update of zero":
                await connection.WriteAsync(FrameConnection.WindowUpdate, 0, 0, word);
                return true;
            case "window overflow":
                await connection.WriteAsync(FrameConnection.WindowUpdate, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF]);
                return true;
            case "frame too large":
                await connection.WriteAsync(FrameConnection.Data, 0, stream, new byte[16_385]);
                return true;
            case "settings of odd length":
                await connection.WriteAsync(FrameConnection.Settings, 0, 0, word);
                return true;
            case "ping of odd length":
                await connection.WriteAsync(FrameConnection.Ping, 0, 0, word);
                return true;
            case "unknown frame":
                await connection.WriteAsync(0x42, 0, stream, word);
                await connection.AnswerAsync(stream);
                return true;
            case "broken header block":
                await connection.WriteAsync(FrameConnection.Headers, FrameConnection.EndHeaders, stream, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
                return true;
            case "http/1.1 answer":
                await connection.WriteTextAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                return false;
            default:
                await connection.AnswerAsync(stream);
                return true;
        }
    }

    private sealed class HeadSignal(HttpMessageHandler inner, TaskCompletionSource head) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            head.TrySetResult();
            return response;
        }
    }
}
