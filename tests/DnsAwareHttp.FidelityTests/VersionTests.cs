using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Which version a request asks for, which the server speaks, and what comes of it: at first, and once the handler knows.</summary>
public sealed class VersionTests
{
    private static readonly (string Name, HttpProtocols Protocols, bool Tls)[] Servers =
    [
        ("https both", HttpProtocols.Http1AndHttp2, true),
        ("https 1.1 only", HttpProtocols.Http1, true),
        ("https 2 only", HttpProtocols.Http2, true),
        ("http 2 only", HttpProtocols.Http2, false),
    ];

    public static TheoryData<string, string, HttpVersionPolicy> All()
    {
        TheoryData<string, string, HttpVersionPolicy> rows = [];
        foreach (string server in Servers.Select(server => server.Name).Concat(["https without ALPN", "http 1.1 only"]))
        {
            foreach (string version in new[] { "1.0", "1.1", "2.0", "3.0" })
            {
                foreach (HttpVersionPolicy policy in Enum.GetValues<HttpVersionPolicy>())
                {
                    rows.Add(server, version, policy);
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Version_IsNegotiatedTheSame(string serverName, string version, HttpVersionPolicy policy)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Uri uri = await ServeAsync(trial, serverName);
            (SocketsHttpHandler settings, Func<int> connections) = Counting();
            HttpClient client = trial.Client(settings);
            for (int request = 0; request < 2; request++)
            {
                await SendAsync(trial, client, uri, Version.Parse(version), policy);
                trial.Transcript.Write(Connections(connections(), mayFallBack: serverName is "https 1.1 only" or "https without ALPN" && policy is HttpVersionPolicy.RequestVersionOrLower));
            }
        });

        seen.Should().MatchRegex(@"^(HTTP/\d\.\d |HttpRequestException)").And.MatchRegex(@"\d connections$");
    }

    /// <summary>What one request learns of a server holds for the next, whatever that one asks for.</summary>
    [Theory]
    [InlineData("https both", "2.0 exact, 1.1 exact, 2.0 lower, 1.1 higher")]
    [InlineData("https both", "1.1 exact, 2.0 exact, 1.1 higher")]
    [InlineData("https 1.1 only", "2.0 lower, 2.0 exact, 2.0 lower, 1.1 exact")]
    [InlineData("https 1.1 only", "2.0 exact, 2.0 lower, 3.0 lower")]
    [InlineData("https 2 only", "1.1 exact, 2.0 exact, 1.1 higher")]
    [InlineData("https 2 only", "2.0 lower, 1.1 exact, 2.0 exact")]
    [InlineData("http 1.1 only", "2.0 exact, 1.1 exact, 2.0 lower, 2.0 exact")]
    [InlineData("http 2 only", "1.1 exact, 2.0 exact, 2.0 lower")]
    [InlineData("https without ALPN", "2.0 lower, 2.0 exact, 1.1 exact")]
    public async Task RequestsOneAfterTheOther_AreNegotiatedTheSame(string serverName, string requests)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Uri uri = await ServeAsync(trial, serverName);
            (SocketsHttpHandler settings, Func<int> connections) = Counting();
            HttpClient client = trial.Client(settings);
            foreach (string[] words in requests.Split(", ").Select(request => request.Split(' ')))
            {
                HttpVersionPolicy policy = words[1] switch
                {
                    "exact" => HttpVersionPolicy.RequestVersionExact,
                    "lower" => HttpVersionPolicy.RequestVersionOrLower,
                    _ => HttpVersionPolicy.RequestVersionOrHigher,
                };
                await SendAsync(trial, client, uri, Version.Parse(words[0]), policy);
                trial.Transcript.Write(Connections(connections(), mayFallBack: serverName is "https 1.1 only" or "https without ALPN"));
            }
        });

        seen.Should().Contain("200").And.MatchRegex(@"[1-9] connections$");
    }

    [Theory]
    [InlineData("0.9")]
    [InlineData("1.2")]
    [InlineData("2.1")]
    [InlineData("4.0")]
    public async Task VersionThatIsNone_IsTreatedTheSame(string version)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Uri uri = await ServeAsync(trial, "https both");
            (SocketsHttpHandler settings, Func<int> connections) = Counting();
            await SendAsync(trial, trial.Client(settings), uri, Version.Parse(version), HttpVersionPolicy.RequestVersionOrLower);
            trial.Transcript.Write($"{connections()} connections");
        });

        seen.Should().MatchRegex(@"\d connections$");
    }

    [Theory]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    [InlineData("nonsense")]
    public async Task ProtocolsOfTheCaller_AreOfferedTheSame(string protocol)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Uri uri = await ServeAsync(trial, "https both");
            (SocketsHttpHandler settings, Func<int> connections) = Counting();
            settings.SslOptions.ApplicationProtocols = [new SslApplicationProtocol(protocol)];
            HttpClient client = trial.Client(settings);
            foreach (string version in new[] { "1.1", "2.0" })
            {
                await SendAsync(trial, client, uri, Version.Parse(version), HttpVersionPolicy.RequestVersionOrLower);
                trial.Transcript.Write($"{connections()} connections");
            }
        });

        seen.Should().MatchRegex(@"\d connections$");
    }

    [Theory]
    [InlineData(HttpVersionPolicy.RequestVersionExact)]
    [InlineData(HttpVersionPolicy.RequestVersionOrHigher)]
    public async Task VersionThatNobodyCanSpeak_IsRefusedWithoutAConnection(HttpVersionPolicy policy)
    {
        if (System.Net.Quic.QuicConnection.IsSupported)
        {
            return;
        }

        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(HttpProtocols.Http1, tls: false);
            HttpClient client = trial.Client();
            await SendAsync(trial, client, new Uri($"http://svc.test:{server.Port}/whoami"), HttpVersion.Version30, policy);
            await SendAsync(trial, client, new Uri($"http://svc.test:{server.Port}/whoami"), HttpVersion.Version11, policy);
            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("VersionNegotiationError").And.Contain("HTTP/1.1 200").And.EndWith("1 connections");
    }

    private static async Task SendAsync(Trial trial, HttpClient client, Uri uri, Version version, HttpVersionPolicy policy)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri) { Version = version, VersionPolicy = policy };
        await trial.SendAsync(client, request);
    }

    private static async Task<Uri> ServeAsync(Trial trial, string name)
    {
        if (name == "https without ALPN")
        {
            return new Uri($"https://svc.test:{trial.Serve(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls()).Port}/whoami");
        }

        if (name == "http 1.1 only")
        {
            return new Uri($"http://svc.test:{trial.Serve(AnswerUnlessHttp2Async).Port}/whoami");
        }

        (_, HttpProtocols protocols, bool tls) = Servers.Single(server => server.Name == name);
        return new Uri($"{(tls ? "https" : "http")}://svc.test:{(await trial.ServeAsync(protocols, tls)).Port}/whoami");
    }

    // It hears "PRI * HTTP/2.0" and answers as servers do that do not know it. What the client reports depends on whether its request was on the way by then,
    // and on whether it reads the answer or the end of the connection first: so the server hears the request's authority before, and ends nothing.
    private static async Task AnswerUnlessHttp2Async(RawConnection connection)
    {
        while (await connection.ReadRequestAsync() is RawRequest request)
        {
            if (request.Method == "PRI")
            {
                _ = await connection.ReadUntilAsync("svc.test:");
                await connection.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                await connection.ReadToEndAsync();
            }
            else
            {
                await connection.WriteAsync(RawServer.Ok);
            }
        }
    }

    // Once in many thousand times the runtime, bare or not, opens another connection after ALPN has fallen back to HTTP/1.1.
    private static string Connections(int count, bool mayFallBack) => mayFallBack && count is (1 or 2) ? "1 or 2 connections" : $"{count} connections";

    // Those that the client has set up: the server may hear of them later than the client of its failure.
    private static (SocketsHttpHandler Settings, Func<int> Count) Counting()
    {
        int connections = 0;
        SocketsHttpHandler settings = Trial.TrustingAll();
        settings.PlaintextStreamFilter = (context, _) =>
        {
            Interlocked.Increment(ref connections);
            return ValueTask.FromResult(context.PlaintextStream);
        };
        return (settings, () => Volatile.Read(ref connections));
    }
}
