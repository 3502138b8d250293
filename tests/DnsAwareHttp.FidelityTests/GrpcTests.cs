using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What a gRPC client does on HTTP/2: length-prefixed messages, trailers, streams in both directions, cancellation.</summary>
public sealed class GrpcTests
{
    [Theory]
    [InlineData(false, "/unary")]
    [InlineData(true, "/unary")]
    [InlineData(false, "/failed")]
    [InlineData(true, "/failed")]
    [InlineData(false, "/trailers-only")]
    [InlineData(true, "/trailers-only")]
    [InlineData(false, "/numbers")]
    [InlineData(true, "/numbers")]
    [InlineData(false, "/numbers-then-failed")]
    [InlineData(false, "/not-grpc")]
    public async Task Call_IsAnsweredTheSame(bool tls, string method)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, tls);
            using HttpRequestMessage request = Call(server, tls, method, new ByteArrayContent(Message("hello")));
            request.Headers.Add("grpc-timeout", "10S");
            request.Headers.Add("x-token-bin", "AAEC");
            await trial.SendAsync(trial.Client(Trial.TrustingAll()), request);
        });

        seen.Should().Contain("HTTP/2.0 200").And.Contain("TE: trailers");
        seen.Should().Contain(method switch
        {
            "/unary" => "trailer grpc-status: 0",
            "/failed" => "trailer grpc-status: 9",
            "/trailers-only" => "grpc-status: 5",
            "/numbers" => "trailer grpc-status: 0",
            "/numbers-then-failed" => "trailer grpc-status: 13",
            _ => "text/plain",
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamsInBothDirections_TakeTurns(bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, tls);
            using OpenContent content = new();
            using HttpResponseMessage response = await trial.Client(Trial.TrustingAll()).SendAsync(Call(server, tls, "/chat", content), HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            for (int turn = 0; turn < 30; turn++)
            {
                await content.WriteAsync(Message($"turn {turn}"));
                trial.Transcript.Write(await ReadMessageAsync(stream) ?? "end");
            }

            content.Complete();
            trial.Transcript.Write(await ReadMessageAsync(stream) ?? "end");
            trial.Transcript.Write($"trailers {string.Join(", ", response.TrailingHeaders.Select(trailer => $"{trailer.Key}={string.Join(",", trailer.Value)}"))}");
        });

        seen.Should().Contain("you said turn 29").And.Contain("end").And.Contain("grpc-status=0").And.Contain("grpc-message=30 messages");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamFromTheClient_IsAnsweredAtItsEnd(bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, tls);
            using OpenContent content = new();
            Task sending = trial.SendAsync(trial.Client(Trial.TrustingAll()), Call(server, tls, "/count", content));
            for (int number = 0; number < 10; number++)
            {
                await content.WriteAsync(Message($"number {number}"));
            }

            content.Complete();
            await sending;
        });

        seen.Should().Contain("10 messages").And.Contain("trailer grpc-status: 0");
    }

    [Theory]
    [InlineData(false, "before the head")]
    [InlineData(true, "before the head")]
    [InlineData(false, "between messages")]
    [InlineData(true, "between messages")]
    [InlineData(false, "by disposal")]
    [InlineData(false, "by the content")]
    public async Task CancelledCall_EndsOnTheServerAndTheConnectionStays(bool tls, string when)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await ServeAsync(trial, tls, app => app.MapPost("/hanging", async (HttpContext context) =>
            {
                await using CancellationTokenRegistration registration = context.RequestAborted.Register(heard.SetResult);
                if (when != "before the head")
                {
                    await context.Response.Body.WriteAsync(Message("first"));
                    await context.Response.Body.FlushAsync();
                }

                arrived.SetResult();
                await heard.Task;
            }));
            HttpClient client = trial.Client(Trial.TrustingAll());
            using OpenContent content = new();
            using CancellationTokenSource source = new();
            try
            {
                Task<HttpResponseMessage> sending = client.SendAsync(Call(server, tls, "/hanging", content), HttpCompletionOption.ResponseHeadersRead, source.Token);
                await arrived.Task;
                if (when == "before the head")
                {
                    await source.CancelAsync();
                }

                using HttpResponseMessage response = await sending;
                await using Stream stream = await response.Content.ReadAsStreamAsync();
                trial.Transcript.Write(await ReadMessageAsync(stream) ?? "end");
                if (when == "by disposal")
                {
                    response.Dispose();
                }
                else if (when == "by the content")
                {
                    content.Fail(new OperationCanceledException("the deadline is over"));
                }

                Task<string?> next = ReadMessageAsync(stream, source.Token);
                if (when == "between messages")
                {
                    await source.CancelAsync();
                }

                trial.Transcript.Write(await next ?? "end");
            }
            catch (Exception failure)
            {
                trial.Transcript.Write(failure);
            }

            content.Complete();
            await heard.Task;
            await trial.SendAsync(client, Call(server, tls, "/unary", new ByteArrayContent(Message("hello"))));
            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("Exception").And.Contain("HTTP/2.0 200").And.EndWith("1 connections");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    [InlineData(false, 5)]
    [InlineData(false, 8)]
    [InlineData(true, 11)]
    public async Task ServerThatResetsTheStream_IsReportedWithItsCode(bool tls, int code)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await ServeAsync(trial, tls, app => app.MapPost("/reset", async (HttpContext context) =>
            {
                _ = await ReadMessageAsync(context.Request.Body);
                context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
            }));
            HttpClient client = trial.Client(Trial.TrustingAll());
            using OpenContent content = new();
            Task sending = trial.SendAsync(client, Call(server, tls, "/reset", content));
            await content.WriteAsync(Message("hello"));
            await sending;
            content.Complete();
            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("HttpRequestException").And.EndWith("1 connections");
    }

    internal static void Map(WebApplication app)
    {
        app.MapPost("/unary", static async (HttpContext context) => await EndAsync(await BeginAsync(context, $"you said {await ReadMessageAsync(context.Request.Body)}"), 0, "fine"));
        app.MapPost("/failed", static async (HttpContext context) => await EndAsync(await BeginAsync(context), 9, "not now"));
        app.MapPost("/trailers-only", static (HttpContext context) =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "no such thing";
        });
        app.MapPost("/numbers", static async (HttpContext context) => await EndAsync(await BeginAsync(context, "1", "2", "3"), 0, "all"));
        app.MapPost("/numbers-then-failed", static async (HttpContext context) => await EndAsync(await BeginAsync(context, "1", "2"), 13, "no more"));
        app.MapPost("/not-grpc", static () => "what?");
        app.MapPost("/chat", static async (HttpContext context) =>
        {
            _ = await BeginAsync(context);
            int count = 0;
            while (await ReadMessageAsync(context.Request.Body) is string message)
            {
                count++;
                _ = await BeginAsync(context, $"you said {message}");
            }

            await EndAsync(context, 0, $"{count} messages");
        });
        app.MapPost("/count", static async (HttpContext context) =>
        {
            int count = 0;
            while (await ReadMessageAsync(context.Request.Body) is not null)
            {
                count++;
            }

            await EndAsync(await BeginAsync(context, $"{count} messages"), 0, "");
        });
    }

    internal static HttpRequestMessage Call(LoopbackServer server, bool tls, string method, HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        HttpRequestMessage request = new(HttpMethod.Post, $"{(tls ? "https" : "http")}://svc.test:{server.Port}{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.Add("grpc-accept-encoding", "identity,gzip");
        return request;
    }

    /// <summary>A message as gRPC frames it: not compressed, four bytes of length, the bytes.</summary>
    internal static byte[] Message(string text)
    {
        byte[] message = new byte[5 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), message.Length - 5);
        Encoding.UTF8.GetBytes(text, message.AsSpan(5));
        return message;
    }

    /// <summary>The next message; null at the end.</summary>
    internal static async Task<string?> ReadMessageAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        byte[] head = new byte[5];
        if (await stream.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false, cancellationToken) < 5)
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return Encoding.UTF8.GetString(message);
    }

    private static async Task<HttpContext> BeginAsync(HttpContext context, params string[] messages)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.StartAsync();
        }

        foreach (string message in messages)
        {
            await context.Response.Body.WriteAsync(Message(message));
        }

        await context.Response.Body.FlushAsync();
        return context;
    }

    private static Task EndAsync(HttpContext context, int status, string message)
    {
        context.Response.AppendTrailer("grpc-status", $"{status}");
        context.Response.AppendTrailer("grpc-message", message);
        return context.Response.CompleteAsync();
    }

    private static Task<LoopbackServer> ServeAsync(Trial trial, bool tls, Action<WebApplication>? map = null) => trial.ServeAsync(HttpProtocols.Http2, tls, app =>
    {
        Map(app);
        map?.Invoke(app);
    });
}
