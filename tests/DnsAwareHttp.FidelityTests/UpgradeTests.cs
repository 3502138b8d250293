using System.Net;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Connections that become something else: 101 (RFC 9110 section 7.8) and CONNECT, byte by byte.</summary>
public sealed class UpgradeTests
{
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

    [Theory]
    [InlineData("http", "GET")]
    [InlineData("http", "POST")]
    [InlineData("https", "GET")]
    [InlineData("ws", "GET")]
    [InlineData("wss", "GET")]
    public async Task Upgrade_CarriesBytesBothWays(string scheme, string method)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(
                async connection =>
                {
                    await SwitchAsync(connection, Switching);
                    ended.SetResult();
                },
                scheme is "https" or "wss" ? RawServer.Tls() : null);
            using HttpResponseMessage response = await SendAsync(trial, server, scheme, method);
            Write(trial, response);
            await using (Stream stream = await response.Content.ReadAsStreamAsync())
            {
                trial.Transcript.Write($"readable {stream.CanRead} writable {stream.CanWrite} seekable {stream.CanSeek}");
                await ConverseAsync(trial, stream);
            }

            await ended.Task;
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 101 Switching Protocols").And.Contain("writable True").And.Contain("answer: <two>").And.Contain("Upgrade: echo");
    }

    [Fact]
    public async Task UpgradeWithDataBehindTheHead_LosesNone()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static connection => SwitchAsync(connection, Switching + "<early>"));
            using HttpResponseMessage response = await SendAsync(trial, server, "http", "GET");
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            byte[] early = new byte[7];
            await stream.ReadExactlyAsync(early);
            trial.Transcript.Write(Encoding.Latin1.GetString(early));
            await ConverseAsync(trial, stream);
        });

        seen.Should().Contain("<early>").And.Contain("answer: <two>");
    }

    [Fact]
    public async Task Upgrade_ReadAndWrittenSynchronously_IsTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static connection => SwitchAsync(connection, Switching));
            using HttpMessageInvoker invoker = new(trial.Handler(), disposeHandler: false);
            await Task.Run(() =>
            {
                using HttpRequestMessage request = Request(server, "http", "GET");
                using HttpResponseMessage response = invoker.Send(request, CancellationToken.None);
                using Stream stream = response.Content.ReadAsStream();
                stream.Write("<sync>"u8);
                stream.Flush();
                byte[] answer = new byte[6];
                stream.ReadExactly(answer);
                trial.Transcript.Write($"{(int)response.StatusCode} {Encoding.Latin1.GetString(answer)}");
            });
        });

        seen.Should().Be("101 <sync>");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nh2c")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nContent-Length: 5\r\nConnection: Upgrade\r\n\r\nhello")]
    public async Task UpgradeThatIsAnsweredOtherwise_LeavesTheConnectionAsItIs(string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(request => request.Header("Upgrade") is null ? RawServer.Ok : answer));
            HttpClient client = trial.Client();
            using (HttpResponseMessage response = await client.SendAsync(Request(server, "http", "GET"), HttpCompletionOption.ResponseHeadersRead))
            {
                Write(trial, response);
                if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
                {
                    trial.Transcript.Write(await response.Content.ReadAsStringAsync());
                }
            }

            await trial.SendAsync(client, new HttpRequestMessage(HttpMethod.Get, $"http://svc.test:{server.Port}/next"));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.Contain("GET /next HTTP/1.1");
    }

    [Fact]
    public async Task ServerThatEndsAnUpgradedConnection_EndsTheStream()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static async connection =>
            {
                _ = await connection.ReadHeadAsync();
                await connection.WriteAsync(Switching + "<last words>");
            });
            using HttpResponseMessage response = await SendAsync(trial, server, "http", "GET");
            trial.Transcript.Write(await response.Content.ReadAsStringAsync());
        });

        seen.Should().Be("<last words>");
    }

    [Fact]
    public async Task ServerThatBreaksAnUpgradedConnection_BreaksTheStream()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                _ = await connection.ReadHeadAsync();
                await connection.WriteAsync(Switching + "<one>");
                await received.Task;
                connection.Reset();
            });
            using HttpResponseMessage response = await SendAsync(trial, server, "http", "GET");
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[5]);
            received.SetResult();
            try
            {
                trial.Transcript.Write($"{await stream.ReadAsync(new byte[1])} bytes");
            }
            catch (IOException broken)
            {
                trial.Transcript.Write(broken);
            }
        });

        seen.Should().Contain("IOException").And.Contain("ConnectionReset");
    }

    [Fact]
    public async Task CancelledRead_OfAnUpgradedConnection_IsACancellation()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static connection => SwitchAsync(connection, Switching));
            using HttpResponseMessage response = await SendAsync(trial, server, "http", "GET");
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            using CancellationTokenSource source = new();
            ValueTask<int> read = stream.ReadAsync(new byte[1], source.Token);
            trial.Transcript.Write($"waits {!read.IsCompleted}");
            await source.CancelAsync();
            try
            {
                _ = await read;
            }
            catch (Exception failure)
            {
                // What it holds depends on which of the connection's layers hears of its end first.
                trial.Transcript.Write($"{failure.GetType().Name}: {failure.Message}");
            }
        });

        seen.Should().Contain("waits True").And.Contain("CanceledException");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n<tunnel>")]
    [InlineData("HTTP/1.1 200 Connection established\r\nContent-Length: 8\r\n\r\n<tunnel>")]
    [InlineData("HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\n<denied>")]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 8\r\n\r\n<denied>")]
    public async Task Connect_AsAMethodOfTheCallers_IsSentAndAnsweredTheSame(string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                _ = await connection.ReadHeadAsync();
                await connection.WriteAsync(answer);
            });
            using HttpRequestMessage request = new(HttpMethod.Connect, $"http://svc.test:{server.Port}/") { Headers = { Host = "behind.test:443" } };
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("CONNECT ").And.Contain("Host: behind.test:443").And.Contain("8 bytes: <");
    }

    [Fact]
    public async Task ConnectWithData_CarriesBytesBothWays()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static connection => SwitchAsync(connection, "HTTP/1.1 200 OK\r\n\r\n"));
            using HttpRequestMessage request = new(HttpMethod.Connect, $"http://svc.test:{server.Port}/") { Headers = { Host = "behind.test:443" } };
            using HttpResponseMessage response = await trial.Client().SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            trial.Transcript.Write($"readable {stream.CanRead} writable {stream.CanWrite}");
            await ConverseAsync(trial, stream);
        });

        seen.Should().Contain("writable True").And.Contain("answer: <two>");
    }

    // Answers the head, then sends back each message in angle brackets.
    private static async Task SwitchAsync(RawConnection connection, string answer)
    {
        RawRequest? head = await connection.ReadHeadAsync();
        if (head?.Header("Content-Length") is not null)
        {
            _ = await connection.ReadBodyAsync(head);
        }

        await connection.WriteAsync(answer);
        while (await connection.ReadUntilAsync(">") is string message)
        {
            await connection.WriteAsync(message);
        }
    }

    private static async Task ConverseAsync(Trial trial, Stream stream)
    {
        foreach (string message in new[] { "<one>", "<two>" })
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(message));
            await stream.FlushAsync();
            byte[] answer = new byte[message.Length];
            await stream.ReadExactlyAsync(answer);
            trial.Transcript.Write($"answer: {Encoding.Latin1.GetString(answer)}");
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(Trial trial, RawServer server, string scheme, string method)
    {
        using HttpMessageInvoker invoker = new(trial.Handler(Trial.TrustingAll()), disposeHandler: false);
        return await invoker.SendAsync(Request(server, scheme, method), CancellationToken.None);
    }

    private static HttpRequestMessage Request(RawServer server, string scheme, string method)
    {
        HttpRequestMessage request = new(new HttpMethod(method), $"{scheme}://svc.test:{server.Port}/") { Content = method == "POST" ? new StringContent("please") : null };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("echo");
        return request;
    }

    private static void Write(Trial trial, HttpResponseMessage response)
    {
        trial.Transcript.Write($"HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}");
        trial.Transcript.Write($"{response.Headers}{response.Content.Headers}{response.RequestMessage!.RequestUri}");
    }
}
