using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Thousands of requests that are given up at random moments: afterwards all is at rest, and works.</summary>
[Collection(nameof(Alone))]
public sealed class CancellationStormTests
{
    private const int Requests = 5_000;
    private const int AtOnce = 32;

    [Theory]
    [InlineData(HttpProtocols.Http1, 7, 2 * AtOnce)]
    [InlineData(HttpProtocols.Http2, 8, 4)]
    public async Task Storm_LeavesNothingBehind(HttpProtocols protocols, int seed, int maxConnections)
    {
        ConcurrentQueue<string> unobserved = new();
        void Note(object? sender, UnobservedTaskExceptionEventArgs task) => unobserved.Enqueue(task.Exception.ToString());
        CollectAll();
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, false, Map, "127.0.0.1", "127.0.0.2");
            ScriptedResolver dns = new();
            dns.Says("svc.test", 30, "127.0.0.1", "127.0.0.2");
            using DnsCache cache = new(resolver: dns);
            DnsAwareHandler handler = new(new SocketsHttpHandler(), cache: cache);
            using HttpClient client = new(handler)
            {
                DefaultRequestVersion = protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            ConcurrentDictionary<string, int> outcomes = new();
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(worker => Task.Run(() => StormAsync(client, server.Port, new Random((seed * 1000) + worker), outcomes))));

            // A server may take so many resets for an attack, and end the connection (CVE-2023-44487): that is no answer either.
            outcomes.Keys.Should().BeSubsetOf(["answered", "cancelled", "connection ended"]);
            outcomes["cancelled"].Should().BeGreaterThan(Requests / 10);
            outcomes["answered"].Should().BeGreaterThan(Requests / 100);
            await Eventually.Holds(() => handler.GetSnapshot().Origins.Single().Endpoints.All(endpoint => endpoint.ActiveRequests == 0), "no request is counted");
            await Eventually.Holds(() => server.OpenConnections <= maxConnections, "connections are few");
            for (int request = 0; request < 50; request++)
            {
                (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami")).Should().StartWith("127.0.0.");
            }

            // One that the server cut off three times running is avoided until it was dialled again in the background. One that was cut off
            // more often than the other is ejected, until one request has tried it.
            await Eventually.Holds(
                async () =>
                {
                    (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami")).Should().StartWith("127.0.0.");
                    return handler.GetSnapshot().Origins.Single().Endpoints.All(endpoint => endpoint.State == EndpointState.Ready && endpoint.ActiveRequests == 0);
                },
                "all are ready");
            client.Dispose();
            await handler.WhenDrained().WaitAsync(TimeSpan.FromSeconds(30));
            await Eventually.Holds(() => server.OpenConnections == 0, "no connection is open");
        }
        finally
        {
            CollectAll();
            TaskScheduler.UnobservedTaskException -= Note;
        }

        unobserved.Should().BeEmpty();
    }

    private static void Map(WebApplication app) => app.MapPost("/slow", static async context =>
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        for (int part = 0; part < 5; part++)
        {
            await context.Response.WriteAsync(new string('x', 1000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Yield();
        }
    });

    private static async Task StormAsync(HttpClient client, int port, Random random, ConcurrentDictionary<string, int> outcomes)
    {
        for (int request = 0; request < Requests / AtOnce; request++)
        {
            string outcome = await SendAndGiveUpAsync(client, port, random.Next(300), random.Next(2) == 0);
            outcomes.AddOrUpdate(outcome, 1, static (_, count) => count + 1);
        }
    }

    private static async Task<string> SendAndGiveUpAsync(HttpClient client, int port, int moment, bool buffered)
    {
        using CancellationTokenSource giveUp = new();
        using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{port}/slow")
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
            Content = new ByteArrayContent(new byte[3000]),
        };
        Task<string> sending = ReadAsync(client, request, buffered, giveUp.Token);

        // The moments are turns of the scheduler, not of a clock: they fall everywhere between the call and the last byte.
        for (int turn = 0; turn < moment && !sending.IsCompleted; turn++)
        {
            await Task.Yield();
        }

        await giveUp.CancelAsync();
        return await sending;
    }

    private static async Task<string> ReadAsync(HttpClient client, HttpRequestMessage request, bool buffered, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await client.SendAsync(
                request, buffered ? HttpCompletionOption.ResponseContentRead : HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            (await response.Content.ReadAsByteArrayAsync(cancellationToken)).Should().HaveCount(5000);
            return "answered";
        }
        catch (OperationCanceledException cancelled)
        {
            cancelled.CancellationToken.Should().Be(cancellationToken);
            return "cancelled";
        }
        catch (HttpRequestException)
        {
            return "connection ended";
        }
    }

    private static void CollectAll()
    {
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
