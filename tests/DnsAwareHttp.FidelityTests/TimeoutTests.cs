using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Requests that take too long, by the client's or by the handler's limit.</summary>
public sealed class TimeoutTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);

    /// <summary>What never comes, with each way to send that has such a limit.</summary>
    public static TheoryData<string, SendWay> ConnectLimits => Rows(["name", "address"], [SendWay.Client, SendWay.ClientBuffered, SendWay.ClientSync, SendWay.Invoker, SendWay.InvokerSync]);

    public static TheoryData<string, SendWay> ClientLimits => Rows(["name", "address", "headers", "content"], [SendWay.Client, SendWay.ClientBuffered, SendWay.ClientSync]);

    [LinuxTheory]
    [MemberData(nameof(ConnectLimits))]
    public async Task ConnectTimeout_IsReportedTheSame(string missing, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using BlackHole hole = new();
            if (missing == "name")
            {
                trial.HoldNames();
            }

            using Caller caller = new(trial, way, new SocketsHttpHandler { ConnectTimeout = Short });
            for (int attempt = 0; attempt < 2; attempt++)
            {
                await caller.GetAsync($"http://svc.test:{hole.EndPoint.Port}/");
            }

            await trial.RestsAsync();
        });

        seen.Should().Contain("TaskCanceledException").And.Contain("TimeoutException: A connection could not be established within the configured ConnectTimeout.");
    }

    [LinuxTheory]
    [MemberData(nameof(ClientLimits))]
    public async Task ClientTimeout_IsReportedTheSame(string missing, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using BlackHole hole = new();
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadHeadAsync();
                await connection.WriteAsync(missing == "content" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel" : "");
                await connection.ReadToEndAsync();
            });
            if (missing == "name")
            {
                trial.HoldNames();
            }

            using Caller caller = new(trial, way);
            caller.Client.Timeout = LimitFor(missing, way);
            using HttpRequestMessage request = Caller.Get($"http://svc.test:{(missing == "address" ? hole.EndPoint.Port : server.Port)}/");
            using HttpResponseMessage? response = await caller.TrySendAsync(request);
            trial.Transcript.Write(response is null ? "no response" : $"{(int)response.StatusCode}");
            await trial.RestsAsync();
        });

        seen.Should().Contain(
            IsAnswered(missing, way) ? "200" : $"The request was canceled due to the configured HttpClient.Timeout of {LimitFor(missing, way).TotalSeconds} seconds elapsing.");
    }

    private static bool IsAnswered(string missing, SendWay way) => missing == "content" && way is not SendWay.ClientBuffered;

    // What the server has to send first must have arrived by then, on a busy machine too.
    private static TimeSpan LimitFor(string missing, SendWay way) =>
        IsAnswered(missing, way) ? TimeSpan.FromSeconds(60) : missing is "headers" or "content" ? TimeSpan.FromSeconds(3) : Short;

    private static TheoryData<string, SendWay> Rows(string[] missing, SendWay[] ways)
    {
        TheoryData<string, SendWay> rows = [];
        foreach (string what in missing)
        {
            foreach (SendWay way in ways)
            {
                rows.Add(what, way);
            }
        }

        return rows;
    }
}
