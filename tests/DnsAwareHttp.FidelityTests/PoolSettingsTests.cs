using System.Net;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.FidelityTests;

/// <summary>How many connections there are, and how long they live: as with the bare handler, for each address.</summary>
public sealed class PoolSettingsTests
{
    private static readonly TimeSpan Infinite = Timeout.InfiniteTimeSpan;

    [Theory]
    [InlineData("lifetime infinite", 1)]
    [InlineData("lifetime zero", 5)]
    [InlineData("lifetime long", 1)]
    [InlineData("idle zero", 5)]
    [InlineData("idle infinite", 1)]
    [InlineData("close", 5)]
    [InlineData("http/1.0", 1)]
    [InlineData("request says close", 1)]
    public async Task OneRequestAfterAnother_UsesAsManyConnections(string setting, int connections)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => setting switch
            {
                "close" => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
                "http/1.0" => "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                _ => RawServer.Ok,
            });
            HttpClient client = trial.Client(Settings(setting));
            for (int i = 0; i < 5; i++)
            {
                await trial.AskAsync(client, $"http://svc.test:{server.Port}/{i}", request => request.Headers.ConnectionClose = setting == "request says close" ? true : null);
            }

            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /4").And.Contain($"--- connection {connections - 1}").And.NotContain($"--- connection {connections}\n");
    }

    [Theory]
    [InlineData("lifetime infinite", 8, 8)]
    [InlineData("lifetime zero", 8, 8)]
    [InlineData("idle zero", 8, 8)]
    [InlineData("one connection", 8, 1)]
    [InlineData("three connections", 8, 3)]
    public async Task ManyAtATime_UseAsManyConnections(string setting, int requests, int connections)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            // Nothing is answered before as many connections as there may be have a request.
            Turnstile turnstile = new(connections);
            RawServer server = trial.Serve(async connection =>
            {
                while (await connection.ReadRequestAsync() is not null)
                {
                    await turnstile.PassAsync();
                    await connection.WriteAsync(RawServer.Ok);
                }
            });
            HttpClient client = trial.Client(Settings(setting));
            string[] answers = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => client.GetStringAsync($"http://svc.test:{server.Port}/")));
            trial.Transcript.Write($"{answers.Length} answers, {server.Connections.Count} connections");
        });

        seen.Should().Be($"{requests} answers, {connections} connections");
    }

    [Fact]
    public async Task ManyAtATime_OverHttp2_ShareAConnection()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                List<int> streams = [];
                while (streams.Count < 30 && await connection.ReadRequestAsync() is int stream)
                {
                    streams.Add(stream);
                }

                foreach (int stream in streams)
                {
                    await connection.AnswerAsync(stream);
                }

                await connection.ReadToEndAsync();
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { EnableMultipleHttp2Connections = false });
            await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => GetOverHttp2Async(client, server.Uri)));
            trial.Transcript.Write($"{server.Connections} connections");
        });

        seen.Should().Be("1 connections");
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    [InlineData(4, 1)]
    public async Task Http2StreamLimit_WithMultipleConnections_OpensAsManyAsItTakes(int streams, int connections)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource[] arrived = [.. Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
            int count = 0;
            FrameServer server = new(
                trial,
                async connection =>
                {
                    List<int> open = [];
                    while (open.Count < streams && await connection.ReadRequestAsync() is int stream)
                    {
                        open.Add(stream);
                        await connection.ReadAcknowledgementAsync();
                        arrived[Interlocked.Increment(ref count) - 1].SetResult();
                    }

                    await arrived[3].Task.WaitAsync(TimeSpan.FromSeconds(30));
                    foreach (int stream in open)
                    {
                        await connection.AnswerAsync(stream);
                    }

                    await connection.ReadToEndAsync();
                },
                (3, (uint)streams));
            HttpClient client = trial.Client(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
            List<Task> requests = [];
            foreach (TaskCompletionSource one in arrived)
            {
                requests.Add(GetOverHttp2Async(client, server.Uri));
                await one.Task;
            }

            await Task.WhenAll(requests);
            trial.Transcript.Write($"{server.Connections} connections");
        });

        seen.Should().Be($"{connections} connections");
    }

    [Fact]
    public async Task Http2StreamLimit_WithOneConnection_MakesRequestsWaitTheirTurn()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, FrameServer.AnswerAllAsync, (3, 1));
            HttpClient client = trial.Client();
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GetOverHttp2Async(client, server.Uri)));
            trial.Transcript.Write($"{server.Connections} connections");
        });

        seen.Should().Be("1 connections");
    }

    [Theory]
    [InlineData(300, 4000)]
    [InlineData(-1, 300)]
    [InlineData(300, 300)]
    public async Task LifetimeOrIdleTimeoutIsOver_TheIdleConnectionIsClosed(int lifetime, int idle)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                await RawServer.Answering(static _ => RawServer.Ok)(connection);
                ended.TrySetResult();
            });
            HttpClient client = trial.Client(new SocketsHttpHandler
            {
                PooledConnectionLifetime = TimeSpan.FromMilliseconds(lifetime),
                PooledConnectionIdleTimeout = TimeSpan.FromMilliseconds(idle),
            });
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/first");
            await ended.Task;
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/second");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("--- connection 1\nGET /second");
    }

    [Fact]
    public async Task MaxConnectionsPerServer_HoldsForEachAddress()
    {
        Turnstile turnstile = new(4);
        await using RawServer server = RawServer.Start(
            async connection =>
            {
                while (await connection.ReadRequestAsync() is RawRequest request)
                {
                    await (request.Target == "/held" ? turnstile.PassAsync() : Task.CompletedTask);
                    await connection.WriteAsync(RawServer.Ok);
                }
            },
            null,
            "127.0.0.1", "127.0.0.2");
        ScriptedResolver dns = new();
        dns.Says("svc.test", 30, "127.0.0.1", "127.0.0.2");
        using DnsCache cache = new(resolver: dns);
        using HttpClient client = new(new DnsAwareHandler(
            new SocketsHttpHandler { MaxConnectionsPerServer = 2 }, new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, cache));

        while (server.Connections.Where(Used).DistinctBy(connection => connection.Local.Address).Count() < 2)
        {
            await client.GetStringAsync($"http://svc.test:{server.Port}/");
        }

        // Four at a time take all that both addresses may have; the others wait for them.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetStringAsync($"http://svc.test:{server.Port}/held")));

        server.Connections.GroupBy(connection => connection.Local.Address).Should().HaveCount(2).And.OnlyContain(group => group.Count(Used) == 2);
    }

    [Fact]
    public async Task ConnectTimeout_IsReportedTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using BlackHole hole = new();
            HttpClient client = trial.Client(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
            Exception? failure = await Record.ExceptionAsync(() => client.GetAsync($"http://svc.test:{hole.EndPoint.Port}/"));

            // Ours says which connection, too.
            trial.Transcript.Write(Kinds(failure).Replace($" (svc.test:{hole.EndPoint.Port})", "", StringComparison.Ordinal));
        });

        seen.Should().StartWith("TaskCanceledException: The operation was canceled. TimeoutException: A connection could not be established within the configured ConnectTimeout.");
    }

    [Fact]
    public async Task ConnectTimeout_BoundsTheHandshakeToo()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static connection => connection.ReadToEndAsync());
            HttpClient client = trial.Client(Trial.TrustingAll(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(300) }));
            Exception? failure = await Record.ExceptionAsync(() => client.GetAsync($"https://svc.test:{server.Port}/"));
            await Eventually.Holds(() => server.Connections.Count >= 1, "the server saw it");
            trial.Transcript.Write($"{Kinds(failure)} {server.Connections.Count} connections");
        });

        seen.Should().StartWith("TaskCanceledException").And.Contain("TimeoutException").And.EndWith("1 connections");
    }

    private static bool Used(RawConnection connection) => connection.Received.Length > 0;

    private static string Kinds(Exception? failure) =>
        failure is null ? "" : $"{failure.GetType().Name}: {failure.Message} {(failure is TimeoutException ? "" : Kinds(failure.InnerException))}";

    private static async Task GetOverHttp2Async(HttpClient client, string uri)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        Asking.OverHttp2(request);
        using HttpResponseMessage response = await client.SendAsync(request);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static SocketsHttpHandler Settings(string setting) => setting switch
    {
        "lifetime infinite" => new() { PooledConnectionLifetime = Infinite },
        "lifetime zero" => new() { PooledConnectionLifetime = TimeSpan.Zero },
        "lifetime long" => new() { PooledConnectionLifetime = TimeSpan.FromMinutes(2) },
        "idle zero" => new() { PooledConnectionIdleTimeout = TimeSpan.Zero },
        "idle infinite" => new() { PooledConnectionIdleTimeout = Infinite },
        "one connection" => new() { MaxConnectionsPerServer = 1 },
        "three connections" => new() { MaxConnectionsPerServer = 3 },
        _ => new(),
    };
}
