using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Content that streams for long, in one direction or both.</summary>
public sealed class StreamTests
{
    private static readonly byte[] Large = [.. Enumerable.Range(0, 3_000_000).Select(number => (byte)(number * 31 / 7))];

    public static TheoryData<HttpProtocols, bool> Transports() => new()
    {
        { HttpProtocols.Http1, false },
        { HttpProtocols.Http1, true },
        { HttpProtocols.Http2, false },
        { HttpProtocols.Http2, true },
    };

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Events_ArriveOneByOne(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using SemaphoreSlim next = new(0);
            LoopbackServer server = await trial.ServeAsync(protocols, tls, app => app.MapGet("/events", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                for (int number = 0; number < 20; number++)
                {
                    await context.Response.WriteAsync($"id: {number}\ndata: event {number}\n\n");
                    await context.Response.Body.FlushAsync();
                    await next.WaitAsync(context.RequestAborted);
                }
            }));
            using HttpResponseMessage response = await SendAsync(trial, Request(server, HttpMethod.Get, "/events", protocols, tls));
            using StreamReader reader = new(await response.Content.ReadAsStreamAsync());

            // The next one is written when the one before was read: if any were held back, this would never end.
            while (await reader.ReadLineAsync() is string line)
            {
                trial.Transcript.Write(line);
                if (line.Length == 0)
                {
                    next.Release();
                }
            }
        });

        seen.Should().Contain("data: event 0").And.Contain("data: event 19");
    }

    [Theory]
    [InlineData(HttpProtocols.Http2, false)]
    [InlineData(HttpProtocols.Http2, true)]
    public async Task UploadAndDownload_StreamAtOneTime(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(protocols, tls, MapEcho);
            using OpenContent content = new();
            using HttpResponseMessage response = await SendAsync(trial, Request(server, HttpMethod.Post, "/pieces", protocols, tls, content));
            await using Stream answers = await response.Content.ReadAsStreamAsync();
            for (int number = 0; number < 50; number++)
            {
                byte[] piece = Encoding.ASCII.GetBytes(new string((char)('a' + (number % 26)), 1 + (number * 97)));
                await content.WriteAsync(piece);
                byte[] answer = new byte[piece.Length];
                await answers.ReadExactlyAsync(answer);
                trial.Transcript.Write($"{number}: {answer.AsSpan().SequenceEqual(piece)}");
            }

            content.Complete();
            trial.Transcript.Write($"then {await answers.ReadAsync(new byte[1])}");
            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("49: True").And.Contain("then 0").And.NotContain("False");
    }

    /// <summary>Over HTTP/1.1 the runtime reads no answer before the whole content is sent.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upload_OverHttp11_IsSentPieceByPiece(bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using SemaphoreSlim received = new(0);
            RawServer server = trial.Serve(
                async connection =>
                {
                    RawRequest? head = await connection.ReadHeadAsync();
                    for (int number = 0; number < 20; number++)
                    {
                        _ = await connection.ReadUntilAsync("<piece>\r\n");
                        received.Release();
                    }

                    _ = await connection.ReadBodyAsync(head!);
                    await connection.WriteAsync(RawServer.Ok);
                },
                tls ? RawServer.Tls() : null);
            using OpenContent content = new();
            using HttpRequestMessage request = new(HttpMethod.Post, $"{(tls ? "https" : "http")}://svc.test:{server.Port}/") { Content = content };
            Task sending = trial.SendAsync(trial.Client(Trial.TrustingAll()), request);
            for (int number = 0; number < 20; number++)
            {
                await content.WriteAsync("<piece>"u8.ToArray());
                await received.WaitAsync();
            }

            trial.Transcript.Write($"waits for its end {!sending.IsCompleted}");
            content.Complete();
            await sending;
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("waits for its end True").And.Contain("HTTP/1.1 200 OK").And.Contain("7\r\n<piece>\r\n0\r\n\r\n");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task LargeContent_ArrivesWholeBothWays(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(protocols, tls, static app => app.MapPost("/whole", static async (HttpContext context) =>
            {
                using MemoryStream whole = new();
                await context.Request.Body.CopyToAsync(whole);
                await context.Response.Body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length));
            }));
            using HttpRequestMessage request = Request(server, HttpMethod.Post, "/whole", protocols, tls, new ByteArrayContent(Large));
            await trial.SendAsync(trial.Client(Trial.TrustingAll()), request);
        });

        seen.Should().Contain($"content: {Large.Length} bytes: {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Large))}");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ContentThatFails_FailsTheRequest(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await trial.ServeAsync(protocols, tls, app => app.MapPost("/silent", (HttpContext context) => ReadToEndAsync(context, heard)));
            HttpClient client = trial.Client(Trial.TrustingAll());
            using OpenContent content = new();
            Task sending = trial.SendAsync(client, Request(server, HttpMethod.Post, "/silent", protocols, tls, content));
            await content.WriteAsync("half"u8.ToArray());
            content.Fail(new InvalidDataException("the other half is lost"));
            await sending;
            await heard.Task;
            await trial.SendAsync(client, Request(server, HttpMethod.Get, "/whoami", protocols, tls));
        });

        seen.Should().Contain("the other half is lost").And.Contain("200");
    }

    [Theory]
    [InlineData(HttpProtocols.Http2, false)]
    [InlineData(HttpProtocols.Http2, true)]
    public async Task AnswerBeforeTheContentEnds_IsTheSame(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(protocols, tls, static app => app.MapPost("/early", static (HttpContext context) =>
            {
                context.Response.StatusCode = 413;
                context.Response.ContentLength = 0;
                return context.Response.CompleteAsync();
            }));
            using OpenContent content = new();
            using HttpResponseMessage response = await SendAsync(trial, Request(server, HttpMethod.Post, "/early", protocols, tls, content));
            trial.Transcript.Write($"{(int)response.StatusCode} {(await response.Content.ReadAsByteArrayAsync()).Length}");
            content.Complete();
        });

        seen.Should().Be("413 0");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ResponseThatIsDisposedWhileItStreams_IsHeardOfByTheServer(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await trial.ServeAsync(protocols, tls, app => app.MapGet("/endless", (HttpContext context) => StreamForeverAsync(context, heard)));
            HttpClient client = trial.Client(Trial.TrustingAll());
            using (HttpResponseMessage response = await client.SendAsync(Request(server, HttpMethod.Get, "/endless", protocols, tls), HttpCompletionOption.ResponseHeadersRead))
            {
                await using Stream stream = await response.Content.ReadAsStreamAsync();
                await stream.ReadExactlyAsync(new byte[10]);
            }

            await heard.Task;
            await trial.SendAsync(client, Request(server, HttpMethod.Get, "/whoami", protocols, tls));
            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("200").And.EndWith(protocols == HttpProtocols.Http2 ? "1 connections" : "2 connections");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task CancelledRead_IsACancellation(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await trial.ServeAsync(protocols, tls, app => app.MapGet("/endless", (HttpContext context) => StreamForeverAsync(context, heard)));
            using HttpResponseMessage response = await SendAsync(trial, Request(server, HttpMethod.Get, "/endless", protocols, tls));
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[10]);
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

            await stream.DisposeAsync();
            await heard.Task;
        });

        seen.Should().Contain("waits True").And.Contain("TaskCanceledException");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ServerThatAbortsItsAnswer_BreaksTheContent(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await trial.ServeAsync(protocols, tls, app => app.MapGet("/broken", async (HttpContext context) =>
            {
                await context.Response.WriteAsync("0123456789");
                await context.Response.Body.FlushAsync();
                await read.Task;
                if (context.Features.Get<IHttpResetFeature>() is IHttpResetFeature stream)
                {
                    stream.Reset(11);
                }
                else
                {
                    context.Abort();
                }
            }));
            using HttpResponseMessage response = await SendAsync(trial, Request(server, HttpMethod.Get, "/broken", protocols, tls));
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[10]);
            read.SetResult();
            try
            {
                trial.Transcript.Write($"{await stream.ReadAsync(new byte[1])} bytes");
            }
            catch (Exception failure)
            {
                trial.Transcript.Write(failure);
            }
        });

        seen.Should().Contain(protocols == HttpProtocols.Http2 ? "ENHANCE_YOUR_CALM" : "Exception");
    }

    internal static void MapEcho(WebApplication app) => app.MapPost("/pieces", static async (HttpContext context) =>
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        byte[] buffer = new byte[16_384];
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
            await context.Response.Body.FlushAsync();
        }
    });

    internal static HttpRequestMessage Request(LoopbackServer server, HttpMethod method, string path, HttpProtocols protocols, bool tls, HttpContent? content = null) =>
        new(method, $"{(tls ? "https" : "http")}://svc.test:{server.Port}{path}")
        {
            Version = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };

    private static Task<HttpResponseMessage> SendAsync(Trial trial, HttpRequestMessage request) =>
        trial.Client(Trial.TrustingAll()).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

    private static async Task ReadToEndAsync(HttpContext context, TaskCompletionSource heard)
    {
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            heard.SetResult();
            throw;
        }
    }

    private static async Task StreamForeverAsync(HttpContext context, TaskCompletionSource heard)
    {
        await using CancellationTokenRegistration registration = context.RequestAborted.Register(heard.SetResult);
        await context.Response.WriteAsync("0123456789");
        await context.Response.Body.FlushAsync();
        await heard.Task;
    }
}
