namespace DnsAwareHttp.FidelityTests;

/// <summary>MaxResponseDrainSize and ResponseDrainTimeout: a response that is dropped early leaves a connection that can be used again, or one that is closed.</summary>
public sealed class ResponseDrainTests
{
    [Theory]
    [InlineData("length", 2000, 3000, 2000, true)]
    [InlineData("length", 2000, 1000, 2000, true)]
    [InlineData("length", 2000, 0, 2000, true)]
    [InlineData("length", 2000, 3000, 0, true)]
    [InlineData("chunked", 2000, 3000, 2000, true)]
    [InlineData("chunked", 2000, 0, 2000, true)]
    [InlineData("close", 2000, 3000, 2000, false)]
    public async Task DroppedResponse_RestIsAtHand_ConnectionIsKeptTheSame(string framing, int size, int drainSize, int drainMilliseconds, bool isReused)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/" ? Response(framing, size) : RawServer.Ok);
            HttpClient client = trial.Client(new SocketsHttpHandler { MaxResponseDrainSize = drainSize, ResponseDrainTimeout = TimeSpan.FromMilliseconds(drainMilliseconds) });
            using (HttpResponseMessage dropped = await client.GetAsync($"http://svc.test:{server.Port}/", HttpCompletionOption.ResponseHeadersRead))
            {
                trial.Transcript.Write($"{dropped.StatusCode}");
            }

            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /second");
        seen.Contains("--- connection 1", StringComparison.Ordinal).Should().Be(!isReused, seen);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(99, true)]
    [InlineData(90, false)]
    [InlineData(0, false)]
    public async Task DroppedResponse_RestComesLater_ConnectionIsKeptTheSame(int drainSize, bool isReused)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource dropped = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                while (await connection.ReadRequestAsync() is RawRequest request)
                {
                    if (request.Target == "/")
                    {
                        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
                        await dropped.Task;
                        await connection.WriteAsync(new string('a', 95));
                    }
                    else
                    {
                        await connection.WriteAsync(RawServer.Ok);
                    }
                }
            });

            // One connection: the second request waits until it is drained, if it is.
            SocketsHttpHandler settings = new() { MaxResponseDrainSize = drainSize, ResponseDrainTimeout = TimeSpan.FromSeconds(50), MaxConnectionsPerServer = 1 };
            HttpClient client = trial.Client(settings);
            (await client.GetAsync($"http://svc.test:{server.Port}/", HttpCompletionOption.ResponseHeadersRead)).Dispose();
            dropped.SetResult();
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /second");
        seen.Contains("--- connection 1", StringComparison.Ordinal).Should().Be(!isReused, seen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task DroppedResponse_RestDoesNotCome_EndsItsConnection(int drainMilliseconds)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                if (connection.Number > 0)
                {
                    await connection.WriteAsync(RawServer.Ok);
                    await connection.ReadToEndAsync();
                    return;
                }

                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
                await connection.ReadToEndAsync();
                ended.SetResult();
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.FromMilliseconds(drainMilliseconds) });
            (await client.GetAsync($"http://svc.test:{server.Port}/", HttpCompletionOption.ResponseHeadersRead)).Dispose();
            await ended.Task;
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("--- connection 1\nGET /second");
    }

    private static string Response(string framing, int size) => framing switch
    {
        "length" => $"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{new string('a', size)}",
        "chunked" => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size:X}\r\n{new string('a', size)}\r\n0\r\n\r\n",
        _ => $"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{new string('a', size)}",
    };
}
