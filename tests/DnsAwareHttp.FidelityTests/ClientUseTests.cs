namespace DnsAwareHttp.FidelityTests;

/// <summary>How applications use clients, requests and responses, rightly and wrongly.</summary>
public sealed class ClientUseTests
{
    private static readonly Dictionary<string, Func<HttpClient, string, Task<string>>> Readings = new()
    {
        ["GetStringAsync"] = static (client, uri) => client.GetStringAsync(uri),
        ["GetByteArrayAsync"] = static async (client, uri) => Convert.ToHexString(await client.GetByteArrayAsync(uri)),
        ["GetStreamAsync"] = static async (client, uri) =>
        {
            using StreamReader reader = new(await client.GetStreamAsync(uri));
            return await reader.ReadToEndAsync();
        },
        ["GetAsync, headers read"] = static async (client, uri) =>
        {
            using HttpResponseMessage response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead);
            return await response.Content.ReadAsStringAsync();
        },
        ["GetAsync, content read"] = static async (client, uri) =>
        {
            using HttpResponseMessage response = await client.GetAsync(uri, HttpCompletionOption.ResponseContentRead);
            return await response.Content.ReadAsStringAsync();
        },
        ["LoadIntoBufferAsync"] = static async (client, uri) =>
        {
            using HttpResponseMessage response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead);
            await response.Content.LoadIntoBufferAsync(8);
            return await response.Content.ReadAsStringAsync();
        },
        ["PostAsync"] = static async (client, uri) =>
        {
            using StringContent content = new("content");
            using HttpResponseMessage response = await client.PostAsync(uri, content);
            return await response.Content.ReadAsStringAsync();
        },
        ["EnsureSuccessStatusCode"] = static async (client, uri) =>
        {
            using HttpResponseMessage response = await client.GetAsync(uri);
            return $"{(int)response.EnsureSuccessStatusCode().StatusCode}";
        },
    };

    private static readonly Dictionary<string, string> Answers = new()
    {
        ["short"] = RawServer.Ok,
        ["long"] = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789",
        ["long chunks"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n0\r\n\r\n",
        ["failure"] = "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad",
        ["broken off"] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nhello",
    };

    public static TheoryData<string, string> ReadingsOfAnswers
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string reading in Readings.Keys)
            {
                foreach (string answer in Answers.Keys)
                {
                    rows.Add(reading, answer);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(ReadingsOfAnswers))]
    public async Task Content_OfNoMoreThanTenBytes_IsReadTheSame(string reading, string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => Answers[answer]);
            using HttpClient client = trial.Client();
            client.MaxResponseContentBufferSize = 10;
            for (int attempt = 0; attempt < 2; attempt++)
            {
                await WriteAsync(trial, () => Readings[reading](client, $"http://svc.test:{server.Port}/"));
            }
        });

        seen.Should().Contain(answer == "short" && reading == "GetByteArrayAsync" ? "68656C6C6F" : answer == "short" && reading != "EnsureSuccessStatusCode" ? "hello" : "\n");
    }

    [Theory]
    [InlineData(SendWay.Client)]
    [InlineData(SendWay.ClientBuffered)]
    [InlineData(SendWay.ClientSync)]
    [InlineData(SendWay.Invoker)]
    [InlineData(SendWay.InvokerSync)]
    public async Task SameRequestTwice_IsTakenOrRefusedTheSame(SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Caller caller = new(trial, way);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
            (request.Method, request.Content) = (HttpMethod.Post, new StringContent("content"));
            await caller.SendAsync(request);
            await caller.SendAsync(request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(way is SendWay.Invoker or SendWay.InvokerSync ? "contentPOST" : "InvalidOperationException");
    }

    [Theory]
    [InlineData(SendWay.Client)]
    [InlineData(SendWay.ClientBuffered)]
    [InlineData(SendWay.ClientSync)]
    public async Task ContentAfterSending_IsLeftToTheCaller(SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Caller caller = new(trial, way);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
            (request.Method, request.Content) = (HttpMethod.Post, new StringContent("content"));
            await caller.SendAsync(request);
            await WriteAsync(trial, request.Content.ReadAsStringAsync);
        });

        seen.Should().MatchRegex("(?m)^content$|ObjectDisposedException");
    }

    [Theory]
    [InlineData("before the first request", SendWay.Client)]
    [InlineData("before the first request", SendWay.ClientSync)]
    [InlineData("before the first request", SendWay.Invoker)]
    [InlineData("before the first request", SendWay.InvokerSync)]
    [InlineData("after a request", SendWay.Client)]
    [InlineData("after a request", SendWay.ClientSync)]
    [InlineData("after a request", SendWay.Invoker)]
    [InlineData("after a request", SendWay.InvokerSync)]
    public async Task DisposedClient_RefusesTheSame(string when, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            Caller caller = new(trial, way);
            if (when == "after a request")
            {
                await caller.GetAsync($"http://svc.test:{server.Port}/");
            }

            caller.Dispose();
            caller.Dispose();
            await caller.GetAsync($"http://svc.test:{server.Port}/");
        });

        seen.Should().Contain("thrown by the call\nObjectDisposedException");
    }

    [Theory]
    [InlineData(SendWay.Client)]
    [InlineData(SendWay.ClientSync)]
    [InlineData(SendWay.Invoker)]
    [InlineData(SendWay.InvokerSync)]
    public async Task DisposedHandler_RefusesTheSame(SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            HttpMessageHandler handler = trial.Handler();
            using Caller caller = new(trial, way, handler);
            await caller.GetAsync($"http://svc.test:{server.Port}/");
            handler.Dispose();
            await caller.GetAsync($"http://svc.test:{server.Port}/");
            await caller.GetAsync($"http://svc.test:{server.Port}/", new CancellationToken(canceled: true));
        });

        seen.Should().Contain((way is SendWay.Client ? "told by the task" : "thrown by the call") + "\nObjectDisposedException");
    }

    [Fact]
    public async Task Disposal_WhileABodyIsRead_LetsItEnd()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
                await disposed.Task;
                await connection.WriteAsync("world");
                await connection.ReadToEndAsync();
                closed.SetResult();
            });
            using Caller caller = new(trial, SendWay.Invoker);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
            using HttpResponseMessage? response = await caller.TrySendAsync(request);
            caller.Dispose();
            disposed.SetResult();
            await WriteAsync(trial, response!.Content.ReadAsStringAsync);
            await closed.Task;
            trial.Transcript.Write("the connection was closed");
        });

        seen.Should().Contain("helloworld").And.Contain("the connection was closed");
    }

    private static async Task WriteAsync(Trial trial, Func<Task<string>> read)
    {
        try
        {
            trial.Transcript.Write(await read() + "\n");
        }
        catch (Exception failure)
        {
            trial.Transcript.Write(failure);
            trial.Transcript.Write("\n");
        }
    }
}
