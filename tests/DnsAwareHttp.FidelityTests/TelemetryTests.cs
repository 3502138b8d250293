using System.Diagnostics;
using System.Net;
using System.Net.Security;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>What the runtime tells of requests in its own metrics and traces.</summary>
[Collection(nameof(Alone))]
public sealed class TelemetryTests
{
    public static TheoryData<string, string> Answers() => new()
    {
        { "200", RawServer.Ok },
        { "404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
        { "500, then closed", "HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno" },
        { "a redirect", "REDIRECT" },
        { "garbage", "what?\r\n\r\n" },
        { "a body cut short", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 50\r\n\r\nhello" },
        { "421", "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Metrics_AreTheSameForEachAnswer(string what, string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(Script(answer));
            await MeasureAsync(trial, null, async client =>
            {
                await trial.SendAsync(client, new HttpRequestMessage(HttpMethod.Get, $"http://svc.test:{server.Port}/"));
                await trial.SendAsync(client, new HttpRequestMessage(HttpMethod.Post, $"http://svc.test:{server.Port}/") { Content = new StringContent("content") });
            });
        });

        seen.Should().Contain("http.client.request.duration", what).And.Contain("http.client.open_connections").And.Contain("server.address=svc.test");
        seen.Split('\n').Count(line => line.StartsWith("http.client.request.duration")).Should().Be(answer == "REDIRECT" ? 4 : 2);
    }

    [Fact]
    public async Task PeerAddress_IsTheOneThatTheBareHandlerReports()
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            await MeasureAsync(trial, null, client => trial.SendAsync(client, new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/")));
        });

        seen.Should().Contain("network.peer.address=::ffff:127.0.0.1");
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, true)]
    [InlineData(HttpProtocols.Http2, true)]
    [InlineData(HttpProtocols.Http2, false)]
    public async Task Metrics_AreTheSameForEachProtocol(HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(protocols, tls);
            await MeasureAsync(trial, Trial.TrustingAll(), async client =>
            {
                for (int i = 0; i < 3; i++)
                {
                    using HttpRequestMessage request = new(HttpMethod.Get, $"{(tls ? "https" : "http")}://svc.test:{server.Port}/whoami")
                    {
                        Version = protocols is HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
                        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    };
                    await trial.SendAsync(client, request);
                }
            });
        });

        seen.Should().Contain($"network.protocol.version={(protocols is HttpProtocols.Http2 ? "2" : "1.1")}");
    }

    [Theory]
    [InlineData("http", "GET")]
    [InlineData("http", "POST")]
    [InlineData("https", "GET")]
    public async Task UnknownName_IsReportedByTheRuntime(string scheme, string method)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using RecordedActivities activities = new(static activity => activity.GetTagItem("server.address") as string == "unknown.invalid");
            await MeasureAsync(trial, null, async client =>
            {
                HttpRequestException error = await client.Invoking(c => c.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"{scheme}://unknown.invalid/")))
                    .Should().ThrowAsync<HttpRequestException>().WithMessage("*(unknown.invalid:*)") is { } thrown ? thrown.Which : null!;
                trial.Transcript.Write($"{error.HttpRequestError} {error.InnerException!.GetType()} {((System.Net.Sockets.SocketException)error.InnerException).SocketErrorCode}");
            });
            WriteActivities(trial, activities, 1);
        });

        seen.Should().Contain("NameResolutionError").And.Contain("error.type=name_resolution_error").And.Contain("activity System.Net.Http.HttpRequestOut");
    }

    [Fact]
    public async Task UnknownNameAfterARedirect_IsReportedAsItsOwnHop()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.RedirectTo("http://unknown.invalid/x"));
            using RecordedActivities activities = new(activity => activity.GetTagItem("server.address") as string == "unknown.invalid" || Equals(activity.GetTagItem("server.port"), server.Port));
            await MeasureAsync(trial, null, async client =>
                await client.Invoking(c => c.GetAsync($"http://svc.test:{server.Port}/")).Should().ThrowAsync<HttpRequestException>());
            WriteActivities(trial, activities, 2);
        });

        seen.Split('\n').Count(line => line.StartsWith("http.client.request.duration")).Should().Be(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelledOrTimedOutBeforeTheNameIsKnown_IsReportedByTheRuntime(bool timesOut)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.HoldNames();
            await MeasureAsync(trial, timesOut ? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(100) } : null, async client =>
            {
                using CancellationTokenSource caller = new();
                Task<HttpResponseMessage> sending = client.GetAsync("http://svc.test/", caller.Token);
                if (!timesOut)
                {
                    await caller.CancelAsync();
                }

                TaskCanceledException cancellation = (await FluentActions.Awaiting(() => sending).Should().ThrowAsync<TaskCanceledException>()).Which;
                trial.Transcript.Write(cancellation);
            });
            trial.ReleaseNames();
        });

        seen.Should().Contain("http.client.request.duration").And.Contain("error.type=System.Threading.Tasks.TaskCanceledException");
    }

    [Fact]
    public async Task NobodyListens_IsReportedOnce()
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            int port = LoopbackServer.FreePort();
            trial.Transcript.Name(port, "PORT");
            using RecordedActivities activities = new(activity => Equals(activity.GetTagItem("server.port"), port));
            await MeasureAsync(trial, null, client => trial.SendAsync(client, new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/")));
            WriteActivities(trial, activities, 1);
        });

        seen.Split('\n').Count(line => line.StartsWith("http.client.request.duration")).Should().Be(1);
        seen.Should().Contain("error.type=connection_error");
    }

    [Fact]
    public async Task HandshakeFails_IsReportedOnce()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls(SslApplicationProtocol.Http11));
            await MeasureAsync(trial, null, async client => await trial.SendAsync(client, new HttpRequestMessage(HttpMethod.Get, $"https://svc.test:{server.Port}/")));
        });

        seen.Should().Contain("error.type=secure_connection_error");
    }

    [Theory]
    [InlineData("200")]
    [InlineData("REDIRECT")]
    public async Task Activities_AreOneForEachHopBelowTheCallersAndPropagated(string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(Script(answer == "200" ? RawServer.Ok : answer));
            using RecordedActivities activities = new(activity => Equals(activity.GetTagItem("server.port"), server.Port));
            using Activity caller = new Activity("caller").Start();
            string trace = caller.TraceId.ToString();
            await trial.SendAsync(trial.Client(), new HttpRequestMessage(HttpMethod.Get, $"http://svc.test:{server.Port}/"));
            string[] sent = [.. server.Connections[0].Received.Split("\r\n").Where(line => line.StartsWith("traceparent"))];
            trial.Transcript.Write($"{sent.Length} trace headers, {sent.Distinct().Count()} of them distinct, {sent.Count(line => line.Contains(trace))} of the caller's trace");
            WriteActivities(trial, activities, answer == "200" ? 1 : 2);
        });

        // Its own headers differ from run to run, so only what they say is compared.
        seen.Should().Contain(answer == "200" ? "1 trace headers" : "2 trace headers, 2 of them distinct, 2 of the caller's trace");
    }

    [Theory]
    [InlineData("200")]
    [InlineData("REDIRECT")]
    [InlineData("unknown")]
    public async Task DiagnosticListener_HearsTheSame(string answer)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(Script(answer == "200" ? RawServer.Ok : answer));
            string uri = answer == "unknown" ? $"http://unknown.invalid:{server.Port}/" : $"http://svc.test:{server.Port}/";
            using DiagnosticRecorder heard = new(server.Port);
            using HttpClient client = trial.Client();
            using HttpRequestMessage request = new(HttpMethod.Get, uri);
            try
            {
                (await client.SendAsync(request)).Dispose();
            }
            catch (HttpRequestException error)
            {
                trial.Transcript.Write($"{error.HttpRequestError}");
            }

            foreach (string line in heard.Events)
            {
                trial.Transcript.Write(line);
            }
        });

        seen.Should().Contain("System.Net.Http.HttpRequestOut.Start").And.Contain("System.Net.Http.HttpRequestOut.Stop");
    }

    private static Func<RawConnection, Task> Script(string answer) => RawServer.Answering(request =>
        answer != "REDIRECT" ? answer
        : request.Target == "/landing" ? RawServer.Ok
        : RawServer.RedirectTo("/landing"));

    private static async Task MeasureAsync(Trial trial, SocketsHttpHandler? settings, Func<HttpClient, Task> send)
    {
        using RecordedMeters meters = new();
        settings ??= new SocketsHttpHandler();
        settings.MeterFactory = meters;
        HttpMessageHandler handler = trial.Handler(settings);
        using (HttpClient client = new(handler))
        {
            await send(client);
        }

        await Eventually.Holds(() => meters.OpenConnections == 0, "connections closed");
        foreach (string measurement in meters.Measurements)
        {
            trial.Transcript.Write(measurement);
        }
    }

    private static void WriteActivities(Trial trial, RecordedActivities activities, int expected)
    {
        string[] stopped = [.. activities.Stopped];
        stopped.Should().HaveCount(expected);
        foreach (string activity in stopped)
        {
            trial.Transcript.Write(activity);
        }
    }
}
