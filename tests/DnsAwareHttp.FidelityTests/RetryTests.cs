namespace DnsAwareHttp.FidelityTests;

/// <summary>A connection that was idle ends under the next request: which requests are sent again, and what the others are told.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData("GET", "none", "")]
    [InlineData("HEAD", "none", "")]
    [InlineData("DELETE", "none", "")]
    [InlineData("POST", "none", "")]
    [InlineData("POST", "buffered", "")]
    [InlineData("PUT", "buffered", "")]
    [InlineData("POST", "expects", "")]
    [InlineData("POST", "streamed", "")]
    [InlineData("GET", "none", "H")]
    [InlineData("GET", "none", "HTTP/1.1 2")]
    [InlineData("GET", "none", "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("GET", "none", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")]
    public async Task EndsAfterTheSecondRequestHasArrived_IsRetriedTheSame(string method, string content, string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                if (connection.Number == 0)
                {
                    await connection.ReadRequestAsync();
                    await connection.WriteAsync(RawServer.Ok);
                    RawRequest? second = await connection.ReadHeadAsync();
                    if (content != "expects")
                    {
                        await connection.ReadBodyAsync(second!);
                    }

                    await connection.WriteAsync(answer);
                }
                else
                {
                    RawRequest again = (await connection.ReadHeadAsync())!;
                    await connection.WriteAsync(content == "expects" ? "HTTP/1.1 100 Continue\r\n\r\n" : "");
                    await connection.ReadBodyAsync(again);
                    await connection.WriteAsync(method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : RawServer.Ok);
                    await connection.ReadToEndAsync();
                }
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(50) });
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/first");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second", request =>
            {
                request.Method = new HttpMethod(method);
                request.Content = content switch
                {
                    "none" => null,
                    "streamed" => new ScriptedContent("the content", null),
                    _ => new StringContent("the content"),
                };
                request.Headers.ExpectContinue = content == "expects" ? true : null;
            });
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /first").And.Contain($"{method} /second");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EndsWhileIdle_TheNextRequestHasANewConnection(bool isReset)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync(RawServer.Ok);
                if (connection.Number > 0)
                {
                    await connection.ReadToEndAsync();
                    return;
                }

                await idle.Task;
                if (isReset)
                {
                    connection.Reset();
                }

                ended.SetResult();
            });
            HttpClient client = trial.Client();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/first");
            idle.SetResult();
            await ended.Task;
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second", Asking.Posting(new StringContent("the content")));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("--- connection 1\nPOST /second").And.NotContain("HttpRequestException");
    }

    [Fact]
    public async Task Reset_AfterARequestOnANewConnection_IsAnError()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                connection.Reset();
            });
            await trial.AskAsync(trial.Client(), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write($"{server.Connections.Count} connections");
        });

        seen.Should().Contain("HttpRequestException").And.Contain("SocketException ConnectionReset").And.Contain("\n1 connections");
    }

    [Fact]
    public async Task EveryConnectionEndsUnderItsSecondRequest_TheRetriesEndTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync(RawServer.Ok);
                await connection.ReadRequestAsync();
            });
            HttpClient client = trial.Client();
            for (int i = 0; i < 6; i++)
            {
                await trial.AskAsync(client, $"http://svc.test:{server.Port}/{i}");
            }

            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /5").And.Contain("--- connection 5").And.NotContain("HttpRequestException");
    }
}
