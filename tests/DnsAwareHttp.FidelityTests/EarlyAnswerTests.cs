namespace DnsAwareHttp.FidelityTests;

/// <summary>The server answers, or ends, before it has the whole content of a request.</summary>
public sealed class EarlyAnswerTests
{
    private const string First = "the first part";
    private const string Rest = "the rest";

    [Theory]
    [InlineData("200 OK")]
    [InlineData("413 Content Too Large")]
    [InlineData("401 Unauthorized")]
    public async Task Answers_AndReadsOn_TheRestIsSent(string status)
    {
        string seen = await SendAsync(async (connection, go) =>
        {
            await connection.WriteAsync($"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nhello");
            go.SetResult();
            await connection.ReadUntilAsync(Rest + "\r\n0\r\n\r\n");
            return true;
        });

        seen.Should().Contain($"HTTP/1.1 {status}").And.Contain("content: 5 bytes: hello").And.Contain(Rest).And.Contain("GET /after");
    }

    [Theory]
    [InlineData("200 OK")]
    [InlineData("413 Content Too Large")]
    public async Task AnswersAndWillCloseTheConnection_IsTreatedTheSame(string status)
    {
        string seen = await SendAsync(async (connection, go) =>
        {
            await connection.WriteAsync($"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
            go.SetResult();
            await connection.ReadToEndAsync();
            return false;
        });

        seen.Should().Contain($"HTTP/1.1 {status}").And.Contain("content: 5 bytes: hello").And.Contain("--- connection 1\nGET /after");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EndsWithoutAnAnswer_FailsTheSame(bool isReset)
    {
        string seen = await SendAsync(
            async (connection, go) =>
            {
                if (isReset)
                {
                    connection.Reset();
                }

                go.SetResult();
                return await Task.FromResult(false);
            },
            isKindOnly: true);

        seen.Should().Contain("HttpRequestException").And.Contain("GET /after");
    }

    [Fact]
    public async Task OverHttp2_AnswersAndAsksForNoMore()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
            FrameServer server = new(trial, async connection =>
            {
                while (await connection.ReadRequestAsync() is int stream)
                {
                    await connection.AnswerAsync(stream);
                    await connection.ResetAsync(stream, 0);
                }
            });
            await trial.AskAsync(trial.Client(), server.Uri, request =>
            {
                Asking.OverHttp2(request);
                Asking.Posting(Parts(go.Task))(request);
            });
            go.SetResult();
            await trial.AskAsync(trial.Client(), server.Uri, Asking.OverHttp2);
            trial.Transcript.Write($"{server.Connections} connections");
        });

        seen.Should().Contain("HTTP/2.0 200").And.Contain("content: 5 bytes: hello");
    }

    private static ScriptedContent Parts(Task go) => new(async stream =>
    {
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(First));
        await stream.FlushAsync();
        await go;
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(Rest));
    });

    /// <summary>Sends a request whose second part waits until the server has done its deed, then another one.</summary>
    private static Task<string> SendAsync(Func<RawConnection, TaskCompletionSource, Task<bool>> act, bool isKindOnly = false) => Twice.SameAsync(async trial =>
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RawServer server = trial.Serve(async connection =>
        {
            if (connection.Number == 0)
            {
                await connection.ReadUntilAsync(First);
                if (!await act(connection, go))
                {
                    return;
                }
            }

            await RawServer.Answering(static _ => RawServer.Ok)(connection);
        });
        HttpClient client = trial.Client();
        if (isKindOnly)
        {
            // Reading and writing fail at one time: which of the two tells is chance.
            using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{server.Port}/") { Content = Parts(go.Task) };
            Exception? failure = await Record.ExceptionAsync(() => client.SendAsync(request));
            trial.Transcript.Write($"{failure?.GetType().Name} {failure?.InnerException is IOException}");
        }
        else
        {
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/", Asking.Posting(Parts(go.Task)));
        }

        await trial.AskAsync(client, $"http://svc.test:{server.Port}/after");
        trial.Transcript.Write(isKindOnly ? "GET /after" : server.Wire);
    });
}
