using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Requests that are given up, at each moment of their lives: the same failure, and nothing is left behind.</summary>
public sealed class CancellationTests
{
    private static readonly SendWay[] AllWays = [SendWay.Client, SendWay.ClientBuffered, SendWay.ClientSync, SendWay.Invoker, SendWay.InvokerSync];

    /// <summary>Each way to send with each way to give up: an invoker knows no pending requests.</summary>
    public static TheoryData<SendWay, CancelledBy> Ways
    {
        get
        {
            TheoryData<SendWay, CancelledBy> rows = [];
            foreach (SendWay way in AllWays)
            {
                foreach (CancelledBy by in Enum.GetValues<CancelledBy>())
                {
                    if (by is CancelledBy.Token || way is SendWay.Client or SendWay.ClientBuffered or SendWay.ClientSync)
                    {
                        rows.Add(way, by);
                    }
                }
            }

            return rows;
        }
    }

    [Theory]
    [InlineData(SendWay.Client)]
    [InlineData(SendWay.ClientBuffered)]
    [InlineData(SendWay.ClientSync)]
    [InlineData(SendWay.Invoker)]
    [InlineData(SendWay.InvokerSync)]
    public async Task Before_AsksNobody(SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            using Caller caller = new(trial, way);
            for (int attempt = 0; attempt < 2; attempt++)
            {
                await caller.GetAsync($"http://svc.test:{server.Port}/", new CancellationToken(canceled: true));
                trial.Transcript.Write($"any name asked: {trial.AnyNameAsked}");
                await caller.GetAsync($"http://svc.test:{server.Port}/");
            }

            await trial.RestsAsync();
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException").And.Contain("any name asked: False").And.Contain("token: the caller's, cancelled").And.Contain("200 OK");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task WhileItsNameIsAsked_EndsTheSame(SendWay way, CancelledBy by)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.HoldNames();
            using Caller caller = new(trial, way);
            using HttpRequestMessage request = Caller.Get("http://svc.test:81/");
            await CancelAsync(trial, caller, request, by, Eventually.Holds(() => trial.AnyNameAsked, "a name is asked"));
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException");
    }

    [LinuxTheory]
    [MemberData(nameof(Ways))]
    public async Task WhileItsAddressIsDialled_EndsTheSame(SendWay way, CancelledBy by)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using BlackHole hole = new();
            using Caller caller = new(trial, way);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{hole.EndPoint.Port}/");
            await CancelAsync(trial, caller, request, by, Eventually.Holds(() => trial.Dials > 0, "an address is dialled"));
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task WhileHeadersAreAwaited_EndsTheSameAndClosesTheConnection(SendWay way, CancelledBy by)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Script script = new(static _ => Task.CompletedTask);
            RawServer server = trial.Serve(script.RunAsync);
            using Caller caller = new(trial, way);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/hang");
            await CancelAsync(trial, caller, request, by, script.Received);
            await script.Ended;
            await GoesOnAsync(trial, caller, by, server.Port);
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task WhileContentIsSent_EndsTheSameAndClosesTheConnection(SendWay way, CancelledBy by)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Script script = new(static _ => Task.CompletedTask);
            RawServer server = trial.Serve(script.RunAsync);
            using Caller caller = new(trial, way);
            GatedContent content = new();
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/hang");
            (request.Method, request.Content) = (HttpMethod.Post, content);
            await CancelAsync(trial, caller, request, by, content.Begun);
            await script.Ended;
            await GoesOnAsync(trial, caller, by, server.Port);
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task WhileContinueIsAwaited_EndsTheSameAndClosesTheConnection(SendWay way, CancelledBy by)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Script script = new(static _ => Task.CompletedTask);
            RawServer server = trial.Serve(script.RunAsync);
            using Caller caller = new(trial, way, new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(5) });
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/hang");
            (request.Method, request.Content, request.Headers.ExpectContinue) = (HttpMethod.Post, new StringContent("content"), true);
            await CancelAsync(trial, caller, request, by, script.Received);
            await script.Ended;
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException");
    }

    [Theory]
    [InlineData(SendWay.ClientBuffered, CancelledBy.Token)]
    [InlineData(SendWay.ClientBuffered, CancelledBy.PendingRequests)]
    [InlineData(SendWay.ClientBuffered, CancelledBy.ClientDisposal)]
    public async Task WhileABufferedBodyIsRead_EndsTheSameAndClosesTheConnection(SendWay way, CancelledBy by)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Script script = new(static connection => connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
            RawServer server = trial.Serve(script.RunAsync);
            ConcurrentQueue<(string What, int Thread)> reads = new();
            using Caller caller = new(trial, way, new SocketsHttpHandler
            {
                PlaintextStreamFilter = (context, _) => ValueTask.FromResult<Stream>(new ThreadRecordingStream((NetworkStream)context.PlaintextStream, reads)),
            });
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/hang");
            await CancelAsync(trial, caller, request, by, Eventually.Holds(() => reads.Count(call => call.What == "read async") == 2, "more than the head is read"));
            await script.Ended;
            await GoesOnAsync(trial, caller, by, server.Port);
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException");
    }

    [Theory]
    [InlineData("ReadAsync")]
    [InlineData("CopyToAsync")]
    [InlineData("ReadAsStringAsync")]
    [InlineData("disposal of the response")]
    [InlineData("disposal of the stream")]
    public async Task WhileAStreamedBodyIsRead_EndsTheSameAndClosesTheConnection(string how)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Script script = new(static connection => connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\nhello"));
            RawServer server = trial.Serve(script.RunAsync);
            using Caller caller = new(trial, SendWay.Client);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/hang");
            using HttpResponseMessage? response = await caller.TrySendAsync(request);
            using CancellationTokenSource giveUp = new();
            await EndBodyAsync(trial, caller, response!, how, giveUp);
            await script.Ended;
            await GoesOnAsync(trial, caller, CancelledBy.Token, server.Port);
        });

        seen.Should().Contain(how.StartsWith("disposal", StringComparison.Ordinal) ? how : "CanceledException");
    }

    [Theory]
    [InlineData(SendWay.Client)]
    [InlineData(SendWay.ClientBuffered)]
    [InlineData(SendWay.Invoker)]
    public async Task WhileItWaitsForAConnection_EndsTheSameAndHarmsNobody(SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Script script = new(async connection =>
            {
                await answer.Task;
                await connection.WriteAsync(RawServer.Ok);
            });
            RawServer server = trial.Serve(script.RunAsync);
            using Caller caller = new(trial, way, new SocketsHttpHandler { MaxConnectionsPerServer = 1 });
            using HttpRequestMessage first = Caller.Get($"http://svc.test:{server.Port}/hang");
            Task sending = caller.SendAsync(first);
            await script.Received;

            // The call returns when it waits.
            using HttpRequestMessage second = Caller.Get($"http://svc.test:{server.Port}/");
            await CancelAsync(trial, caller, second, CancelledBy.Token, Task.CompletedTask, rests: false);
            answer.SetResult();
            await sending;
            await GoesOnAsync(trial, caller, CancelledBy.Token, server.Port);
            trial.Transcript.Write($"connections: {server.Connections.Count}");
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException").And.Contain("connections: ");
    }

    [Theory]
    [InlineData("/hang", "GET", SendWay.Client)]
    [InlineData("/hang", "GET", SendWay.ClientBuffered)]
    [InlineData("/hang", "GET", SendWay.Invoker)]
    [InlineData("/hang", "POST", SendWay.Client)]
    [InlineData("/hang", "POST", SendWay.Invoker)]
    [InlineData("/half", "GET", SendWay.ClientBuffered)]
    public async Task OverHttp2_ResetsTheStreamAndKeepsTheConnection(string path, string method, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LoopbackServer server = await trial.ServeAsync(HttpProtocols.Http2, tls: false, app =>
            {
                app.Map("/hang", context => HangAsync(context, received, aborted));
                app.Map("/half", async context =>
                {
                    await context.Response.WriteAsync("half");
                    await context.Response.Body.FlushAsync();
                    await HangAsync(context, received, aborted);
                });
            });
            using Caller caller = new(trial, way);
            GatedContent content = new();
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}{path}", HttpVersion.Version20);
            request.Method = new HttpMethod(method);
            request.Content = method == "POST" ? content : null;
            await CancelAsync(trial, caller, request, CancelledBy.Token, method == "POST" ? Task.WhenAll(received.Task, content.Begun) : received.Task);
            await aborted.Task;
            using HttpRequestMessage next = Caller.Get($"http://svc.test:{server.Port}/whoami", HttpVersion.Version20);
            await caller.SendAsync(next);
            trial.Transcript.Write($"connections: {server.ConnectionsTo("127.0.0.1")}");
            await trial.RestsAsync();
        });

        seen.Should().MatchRegex("(Task|Operation)CanceledException").And.Contain("HTTP/2.0 200 OK").And.Contain("connections: 1");
    }

    private static async Task HangAsync(HttpContext context, TaskCompletionSource received, TaskCompletionSource aborted)
    {
        received.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            aborted.TrySetResult();
        }
    }

    private static async Task EndBodyAsync(Trial trial, Caller caller, HttpResponseMessage response, string how, CancellationTokenSource giveUp)
    {
        if (how == "disposal of the response")
        {
            response.Dispose();
            trial.Transcript.Write(how);
            return;
        }

        if (how == "disposal of the stream")
        {
            await (await response.Content.ReadAsStreamAsync()).DisposeAsync();
            trial.Transcript.Write(how);
            return;
        }

        Task reading = how switch
        {
            "CopyToAsync" => response.Content.CopyToAsync(Stream.Null, giveUp.Token),
            "ReadAsStringAsync" => response.Content.ReadAsStringAsync(giveUp.Token),
            _ => await ReadAsync(response.Content, giveUp.Token),
        };
        await giveUp.CancelAsync();
        try
        {
            await reading;
        }
        catch (Exception failure)
        {
            caller.Write(failure, giveUp.Token);
        }
    }

    // A read that finds nothing more.
    private static async Task<Task> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        Stream body = await content.ReadAsStreamAsync(CancellationToken.None);
        byte[] buffer = new byte[100];
        (await body.ReadAtLeastAsync(buffer, 5, cancellationToken: CancellationToken.None)).Should().Be(5);
        return body.ReadAsync(buffer, cancellationToken).AsTask();
    }

    // Gives a request up at a moment, and writes down how it ends.
    private static async Task CancelAsync(Trial trial, Caller caller, HttpRequestMessage request, CancelledBy by, Task moment, bool rests = true)
    {
        using CancellationTokenSource giveUp = new();
        Task<HttpResponseMessage?> sending = caller.TrySendAsync(request, giveUp.Token);
        await moment;
        sending.IsCompleted.Should().BeFalse();
        switch (by)
        {
            case CancelledBy.Token:
                await giveUp.CancelAsync();
                break;
            case CancelledBy.PendingRequests:
                caller.Client.CancelPendingRequests();
                break;
            default:
                caller.Client.Dispose();
                break;
        }

        using HttpResponseMessage? none = await sending;
        none.Should().BeNull();
        await (rests ? trial.RestsAsync() : Task.CompletedTask);
    }

    // The next request of the same application is answered.
    private static async Task GoesOnAsync(Trial trial, Caller caller, CancelledBy by, int port)
    {
        if (by is not CancelledBy.ClientDisposal)
        {
            await caller.GetAsync($"http://svc.test:{port}/");
        }

        await trial.RestsAsync();
    }

    /// <summary>Answers all requests but those for <c>/hang</c>, which get what a test says and then nothing more.</summary>
    private sealed class Script(Func<RawConnection, Task> hang)
    {
        private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when the request that hangs has arrived, and what is sent of its answer was.</summary>
        public Task Received => _received.Task;

        /// <summary>Ends when the other side has ended the connection of the request that hangs.</summary>
        public Task Ended => _ended.Task;

        public async Task RunAsync(RawConnection connection)
        {
            while (await connection.ReadHeadAsync() is RawRequest request)
            {
                if (request.Target != "/hang")
                {
                    await connection.WriteAsync(RawServer.Ok);
                    continue;
                }

                Task answered = hang(connection);
                if (answered.IsCompleted)
                {
                    await HoldAsync(connection);
                    return;
                }

                _received.TrySetResult();
                await answered;
            }
        }

        private async Task HoldAsync(RawConnection connection)
        {
            _received.TrySetResult();
            try
            {
                await connection.ReadToEndAsync();
            }
            finally
            {
                _ended.TrySetResult();
            }
        }
    }
}
