using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>WebSockets (RFC 6455, RFC 8441) through an invoker around the handler.</summary>
public sealed class WebSocketTests
{
    /// <summary>How a socket is opened: scheme, version of HTTP and whether a lower one will do; and the version that comes of it.</summary>
    public static TheoryData<string, HttpProtocols, string, HttpVersionPolicy> Ways() => new()
    {
        { "ws", HttpProtocols.Http1, "1.1", HttpVersionPolicy.RequestVersionOrLower },
        { "wss", HttpProtocols.Http1, "1.1", HttpVersionPolicy.RequestVersionOrLower },
        { "wss", HttpProtocols.Http1AndHttp2, "1.1", HttpVersionPolicy.RequestVersionOrLower },
        { "wss", HttpProtocols.Http1AndHttp2, "2.0", HttpVersionPolicy.RequestVersionOrLower },
        { "wss", HttpProtocols.Http1AndHttp2, "1.1", HttpVersionPolicy.RequestVersionOrHigher },
        { "wss", HttpProtocols.Http2, "2.0", HttpVersionPolicy.RequestVersionExact },
        { "ws", HttpProtocols.Http2, "2.0", HttpVersionPolicy.RequestVersionExact },
        { "wss", HttpProtocols.Http1, "2.0", HttpVersionPolicy.RequestVersionOrLower },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Conversation_IsTheSame(string scheme, HttpProtocols protocols, string version, HttpVersionPolicy policy)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, scheme, protocols);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version), policy);
            await ConnectAsync(trial, socket, server, scheme, "/ws");
            await ConverseAsync(trial, socket);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "enough", CancellationToken.None);
            trial.Transcript.Write($"{socket.State} {socket.CloseStatus} {socket.CloseStatusDescription}");
        });

        seen.Should().Contain("connected").And.Contain("echo of one").And.Contain("echo of 70000 bytes").And.Contain("Closed NormalClosure enough");
    }

    [Theory]
    [InlineData("ws", HttpProtocols.Http1, "1.1")]
    [InlineData("ws", HttpProtocols.Http2, "2.0")]
    [InlineData("wss", HttpProtocols.Http1AndHttp2, "2.0")]
    public async Task SubProtocolHeadersAndCompression_AreTheSame(string scheme, HttpProtocols protocols, string version)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, scheme, protocols);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version));
            socket.Options.AddSubProtocol("superchat");
            socket.Options.AddSubProtocol("chat");
            socket.Options.SetRequestHeader("X-Mine", "1");
            socket.Options.SetRequestHeader("Authorization", "Bearer token");
            socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
            socket.Options.CollectHttpResponseDetails = true;
            await ConnectAsync(trial, socket, server, scheme, "/ws?protocol=chat&compress=1");
            trial.Transcript.Write($"sub-protocol {socket.SubProtocol}");
            await ConverseAsync(trial, socket);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        });

        seen.Should().Contain("sub-protocol chat").And.Contain("server saw X-Mine: 1, Authorization: Bearer token").And.Contain("permessage-deflate").And.Contain("echo of one");
    }

    [Theory]
    [InlineData("ws", HttpProtocols.Http1, "1.1", "/refused", 403)]
    [InlineData("ws", HttpProtocols.Http1, "1.1", "/missing", 404)]
    [InlineData("ws", HttpProtocols.Http1, "1.1", "/moved", 307)]
    [InlineData("ws", HttpProtocols.Http1, "1.1", "/plain", 200)]
    [InlineData("ws", HttpProtocols.Http2, "2.0", "/refused", 403)]
    [InlineData("ws", HttpProtocols.Http2, "2.0", "/missing", 404)]
    [InlineData("wss", HttpProtocols.Http1AndHttp2, "2.0", "/refused", 403)]
    [InlineData("wss", HttpProtocols.Http1, "1.1", "/refused", 403)]
    public async Task ServerThatRefuses_IsReportedTheSame(string scheme, HttpProtocols protocols, string version, string path, int status)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, scheme, protocols);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version));
            socket.Options.CollectHttpResponseDetails = true;
            await ConnectAsync(trial, socket, server, scheme, path);
        });

        // A redirect is followed, as the runtime's handler does.
        seen.Should().Contain(status == 307 ? "connected" : $"status {status}");
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: d3Jvbmc=\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("")]
    public async Task AnswerThatIsNoWebSocket_IsReportedTheSame(string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                _ = await connection.ReadHeadAsync();
                await connection.WriteAsync(answer);
            });
            using ClientWebSocket socket = new();
            socket.Options.CollectHttpResponseDetails = true;
            await ConnectAsync(trial, socket, new Uri($"ws://svc.test:{server.Port}/"));
        });

        seen.Should().Contain("WebSocketException");
    }

    [Theory]
    [InlineData("ws", "2.0", HttpVersionPolicy.RequestVersionOrLower)]
    [InlineData("wss", "2.0", HttpVersionPolicy.RequestVersionExact)]
    [InlineData("wss", "2.0", HttpVersionPolicy.RequestVersionOrHigher)]
    public async Task VersionThatTheServerDoesNotSpeak_IsTreatedTheSame(string scheme, string version, HttpVersionPolicy policy)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, scheme, HttpProtocols.Http1);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version), policy);
            socket.Options.CollectHttpResponseDetails = true;
            await ConnectAsync(trial, socket, server, scheme, "/ws");
        });

        seen.Should().Contain(policy == HttpVersionPolicy.RequestVersionOrLower ? "connected" : "WebSocketException");
    }

    [Theory]
    [InlineData("cookies")]
    [InlineData("credentials")]
    [InlineData("proxy")]
    [InlineData("certificates")]
    [InlineData("no invoker over HTTP/2")]
    public async Task OptionsThatBelongToTheHandler_AreRefused(string option)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, "ws", HttpProtocols.Http1);
            using ClientWebSocket socket = new();
            switch (option)
            {
                case "cookies":
                    socket.Options.Cookies = new CookieContainer();
                    break;
                case "credentials":
                    socket.Options.Credentials = CredentialCache.DefaultCredentials;
                    break;
                case "proxy":
                    socket.Options.Proxy = new WebProxy("http://127.0.0.1:1");
                    break;
                case "certificates":
                    socket.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
                    break;
                default:
                    socket.Options.HttpVersion = HttpVersion.Version20;
                    socket.Options.UseDefaultCredentials = true;
                    break;
            }

            await ConnectAsync(trial, socket, server, "ws", "/ws");
        });

        seen.Should().Contain("Exception");
    }

    [Theory]
    [InlineData("ws", HttpProtocols.Http1, "1.1")]
    [InlineData("ws", HttpProtocols.Http2, "2.0")]
    [InlineData("wss", HttpProtocols.Http1AndHttp2, "2.0")]
    public async Task CancelledConnect_IsReportedTheSame(string scheme, HttpProtocols protocols, string version)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await ServeAsync(trial, scheme, protocols, heard);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version));
            using CancellationTokenSource source = new();
            Task connecting = socket.ConnectAsync(Uri(server, scheme, "/slow"), new HttpMessageInvoker(trial.Handler(Trial.TrustingAll()), disposeHandler: false), source.Token);
            await Eventually.Holds(() => server.RequestsTo("127.0.0.1") == 1, "the request arrives");
            await source.CancelAsync();
            try
            {
                await connecting;
            }
            catch (Exception failure)
            {
                // What it holds depends on which of the connection's layers hears of its end first.
                trial.Transcript.Write($"{failure.GetType().Name}: {failure.Message} {socket.State}");
            }

            await heard.Task;
            trial.Transcript.Write("the server hears of it");
        });

        seen.Should().Contain("Canceled").And.Contain("the server hears of it");
    }

    [Theory]
    [InlineData("ws", HttpProtocols.Http1, "1.1")]
    [InlineData("ws", HttpProtocols.Http2, "2.0")]
    public async Task ServerThatAborts_IsReportedTheSame(string scheme, HttpProtocols protocols, string version)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, scheme, protocols);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version));
            await ConnectAsync(trial, socket, server, scheme, "/aborted");
            await socket.SendAsync("now"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            try
            {
                _ = await socket.ReceiveAsync(new byte[100], CancellationToken.None);
            }
            catch (WebSocketException broken)
            {
                trial.Transcript.Write($"{broken.WebSocketErrorCode} {broken.InnerException?.GetType().Name}");
            }

            trial.Transcript.Write($"{socket.State}");
        });

        seen.Should().Contain("connected").And.Contain("ConnectionClosedPrematurely").And.Contain("Aborted");
    }

    [Theory]
    [InlineData("ws", HttpProtocols.Http1, "1.1")]
    [InlineData("ws", HttpProtocols.Http2, "2.0")]
    public async Task ServerThatCloses_IsReportedTheSame(string scheme, HttpProtocols protocols, string version)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, scheme, protocols);
            using ClientWebSocket socket = WebSockets.OfVersion(Version.Parse(version));
            await ConnectAsync(trial, socket, server, scheme, "/closed");
            WebSocketReceiveResult last = await socket.ReceiveAsync(new byte[100], CancellationToken.None);
            trial.Transcript.Write($"{last.MessageType} {last.CloseStatus} {last.CloseStatusDescription} {socket.State}");
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "me too", CancellationToken.None);
            trial.Transcript.Write($"{socket.State}");
        });

        seen.Should().Contain("Close PolicyViolation not for you CloseReceived").And.EndWith("Closed");
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task NobodyListens_IsReportedTheSame(string scheme)
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            int port = LoopbackServer.FreePort();
            trial.Transcript.Name(port, "PORT");
            using ClientWebSocket socket = new();
            await ConnectAsync(trial, socket, new Uri($"{scheme}://127.0.0.1:{port}/"));
        });

        seen.Should().Contain("WebSocketException").And.Contain("ConnectionRefused");
    }

    [Fact]
    public async Task SocketsOverHttp2_ShareAConnectionWithRequests()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, "wss", HttpProtocols.Http2);
            HttpMessageHandler handler = trial.Handler(Trial.TrustingAll());
            using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
            using HttpClient client = new(handler, disposeHandler: false);
            using ClientWebSocket one = WebSockets.OfVersion(Version.Parse("2.0"));
            using ClientWebSocket two = WebSockets.OfVersion(Version.Parse("2.0"));
            await one.ConnectAsync(Uri(server, "wss", "/ws"), invoker, CancellationToken.None);
            await two.ConnectAsync(Uri(server, "wss", "/ws"), invoker, CancellationToken.None);
            using HttpRequestMessage request = new(HttpMethod.Get, $"https://svc.test:{server.Port}/whoami") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            await trial.SendAsync(client, request);
            await ConverseAsync(trial, one);
            await ConverseAsync(trial, two);
            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("HTTP/2.0 200").And.Contain("echo of one").And.EndWith("1 connections");
    }

    private static Uri Uri(LoopbackServer server, string scheme, string path) => new($"{scheme}://svc.test:{server.Port}{path}");

    private static Task ConnectAsync(Trial trial, ClientWebSocket socket, LoopbackServer server, string scheme, string path) =>
        ConnectAsync(trial, socket, Uri(server, scheme, path));

    private static async Task ConnectAsync(Trial trial, ClientWebSocket socket, Uri uri)
    {
        HttpMessageInvoker invoker = new(trial.Handler(Trial.TrustingAll()), disposeHandler: false);
        try
        {
            await socket.ConnectAsync(uri, invoker, CancellationToken.None);
            trial.Transcript.Write($"connected {(int)socket.HttpStatusCode} {socket.SubProtocol}");
        }
        catch (Exception failure)
        {
            if (failure is WebSocketException refused)
            {
                trial.Transcript.Write($"{refused.WebSocketErrorCode}");
            }

            trial.Transcript.Write(failure);
            trial.Transcript.Write($"{socket.State} status {(int)socket.HttpStatusCode}");
        }

        foreach ((string name, IEnumerable<string> values) in socket.HttpResponseHeaders ?? new Dictionary<string, IEnumerable<string>>())
        {
            // The answer to a random key.
            trial.Transcript.Write($"{name}: {(name == "Sec-WebSocket-Accept" ? "KEY" : string.Join(", ", values))}");
        }
    }

    private static async Task ConverseAsync(Trial trial, ClientWebSocket socket)
    {
        byte[] buffer = new byte[100_000];
        foreach (string message in new[] { "hello", "one", new string('x', 70_000) })
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message), message == "one" ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            int count = 0;
            WebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, count, buffer.Length - count), CancellationToken.None);
                count += part.Count;
            }
            while (!part.EndOfMessage);
            trial.Transcript.Write($"{part.MessageType} echo of {(count < 1000 ? Encoding.UTF8.GetString(buffer, 0, count) : $"{count} bytes")}");
        }
    }

    private static Task<LoopbackServer> ServeAsync(Trial trial, string scheme, HttpProtocols protocols, TaskCompletionSource? heard = null) =>
        trial.ServeAsync(protocols, scheme == "wss", app => Map(app, heard));

    /// <summary>Answers a first message "hello" with what it saw of the request, every other one with itself.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { SubProtocol = context.Request.Query["protocol"].FirstOrDefault(), DangerousEnableCompression = context.Request.Query.ContainsKey("compress") });
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
        {
            string text = Encoding.UTF8.GetString(buffer, 0, part.Count);
            byte[] answer = text == "hello"
                ? Encoding.UTF8.GetBytes(
                    $"the request: server saw X-Mine: {context.Request.Headers["X-Mine"]}, Authorization: {context.Request.Headers.Authorization}, {context.Request.Method} {context.Request.Protocol} "
                    + $"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path} {context.Request.Headers.SecWebSocketExtensions} {context.Request.Headers.SecWebSocketProtocol}")
                : buffer[..part.Count];
            await socket.SendAsync(answer, part.MessageType, part.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, context.RequestAborted);
    }

    private static void Map(WebApplication app, TaskCompletionSource? heard)
    {
        app.UseWebSockets();
        app.Map("/ws", static (HttpContext context) => EchoAsync(context));
        app.Map("/refused", static (HttpContext context) =>
        {
            context.Response.StatusCode = 403;
            context.Response.Headers["X-Why"] = "not you";
        });
        app.Map("/moved", static (HttpContext context) => context.Response.Redirect("/ws", permanent: false, preserveMethod: true));
        app.Map("/plain", static () => "no socket here");
        app.Map("/slow", async (HttpContext context) =>
        {
            await using CancellationTokenRegistration registration = context.RequestAborted.Register(() => heard?.SetResult());
            await (heard?.Task ?? Task.CompletedTask);
        });
        app.Map("/aborted", static async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            _ = await socket.ReceiveAsync(new byte[100], context.RequestAborted);
            context.Abort();
        });
        app.Map("/closed", static async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "not for you", context.RequestAborted);
        });
    }
}
