using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Redirects: where they lead, what is sent there, over which connection.</summary>
public sealed class RedirectFidelityTests
{
    private const string Landing = "/landing";

    public static TheoryData<int, string> StatusesAndMethods()
    {
        TheoryData<int, string> rows = [];
        foreach (int status in new[] { 300, 301, 302, 303, 307, 308 })
        {
            foreach (string method in new[] { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "post" })
            {
                rows.Add(status, method);
            }
        }

        foreach (int status in new[] { 201, 304, 305, 306, 309, 399 })
        {
            rows.Add(status, "GET");
            rows.Add(status, "POST");
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(StatusesAndMethods))]
    public async Task StatusAndMethod_DecideTheSameNextRequest(int status, string method)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Answer(request, status, Landing));
            using HttpRequestMessage request = new(new HttpMethod(method), $"http://svc.test:{server.Port}/start");
            request.Headers.Add("Authorization", "Bearer secret");
            request.Headers.Add("X-Kept", "kept");
            request.Headers.Add("Cookie", "own=1");
            request.Content = method is "POST" or "PUT" or "PATCH" or "BREW" or "post" ? new StringContent("the content") { Headers = { { "X-Of-Content", "1" } } } : null;
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(server.Wire);
        });

        bool isFollowed = status is 300 or 301 or 302 or 303 or 307 or 308;
        seen.Should().Contain(isFollowed ? " /landing HTTP/1.1" : $"HTTP/1.1 {status}").And.Contain("--- connection 0").And.NotContain("--- connection 1");
        seen.Contains("/landing HTTP/1.1").Should().Be(isFollowed);
    }

    [Theory]
    [InlineData("/start", Landing)]
    [InlineData("/start", "landing")]
    [InlineData("/a/b/start", "../landing")]
    [InlineData("/a/b/start", "../../../landing")]
    [InlineData("/a/b/start", "./landing/./x/../y")]
    [InlineData("/start?q=mine", "?q=1")]
    [InlineData("/start?q=mine", "?")]
    [InlineData("/start?q=mine", "landing?a=b&c=%20d")]
    [InlineData("/start", "//svc.test:PORT/landing")]
    [InlineData("/start", "///landing")]
    [InlineData("/start", "//")]
    [InlineData("/start", "/")]
    [InlineData("/start", "\\landing")]
    [InlineData("/start", "http://svc.test:PORT/landing?x=y#part")]
    [InlineData("/start", "http://svc.test:PORT")]
    [InlineData("/start", "HTTP://SVC.TEST:PORT/Landing")]
    [InlineData("/start", "http://user:password@svc.test:PORT/landing")]
    [InlineData("/start", "http://127.0.0.1:PORT/landing")]
    [InlineData("/start", "http://localhost:PORT/landing")]
    [InlineData("/start", "http:landing")]
    [InlineData("/start", "http:/landing")]
    [InlineData("/start", "http:///landing")]
    [InlineData("/start", "http://")]
    [InlineData("/start", "http://[broken")]
    [InlineData("/start", "http://svc.test:99999/landing")]
    [InlineData("/start", "http://svc.test:PORT/a b")]
    [InlineData("/start", "")]
    [InlineData("/start", "   /landing\t")]
    [InlineData("/start", "/landing with spaces")]
    [InlineData("/start", "/landing, /other")]
    [InlineData("/start", "/landing\r\nLocation: /other")]
    [InlineData("/start", "/l%C3%A4nding?%C3%BC=%zz%2F")]
    [InlineData("/start", "/l\u00C3\u00A4nding?\u00C3\u00BC=1")]
    [InlineData("/start", "/l\u00E4nding?\u00FC=1")]
    [InlineData("/start", "/\u00E2\u0082\u00AC")]
    [InlineData("/start", "http://svc.test:PORT/\u00C3\u00A4#\u00C3\u00B6")]
    [InlineData("/start", "/a%2Fb/%2e%2e/c;d=e:f@g")]
    [InlineData("/start", "/\"<>`{|}^")]
    [InlineData("/start#mine", Landing)]
    [InlineData("/start#mine", "/landing#theirs")]
    [InlineData("/start#mine", "/landing#")]
    [InlineData("/start", "/landing#")]
    [InlineData("/start#", "/landing")]
    [InlineData("/start#", "/landing#theirs")]
    [InlineData("/start#mine", "#")]
    [InlineData("/start#mine", "#theirs")]
    [InlineData("/start#mine", "http://svc.test:PORT/landing")]
    [InlineData("/start#mine", "http://svc.test:PORT/landing#")]
    [InlineData("/start#%C3%A4 b", "/landing")]
    [InlineData("/start#mine", "/l%C3%A4nding?\u00C3\u00BC=%2F")]
    [InlineData("/start#mine", "?")]
    public async Task Location_LeadsToTheSameUri(string from, string to)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer? server = null;
            server = trial.Serve(request => request.Target.Contains("start", StringComparison.Ordinal) && server!.Connections.Sum(connection => connection.Received.Split("HTTP/1.1").Length - 1) == 1
                ? Answer(302, to.AtPortOf(server!))
                : RawServer.Ok);
            await GetAsync(trial, $"http://svc.test:{server.Port}{from}");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /").And.Contain("final: ");
    }

    [Theory]
    [InlineData("ws://svc.test:PORT/landing")]
    [InlineData("WS://svc.test:PORT/landing")]
    [InlineData("wss://svc.test:CLOSED/landing")]
    [InlineData("http://svc.test:CLOSED/landing")]
    [InlineData("https://svc.test:CLOSED/landing")]
    public async Task SchemeOfHttpInAnyForm_IsFollowedTheSame(string location)
    {
        string seen = await Twice.SameAsync(trial => LedAsync(trial, location, static (trial, failure) => trial.Transcript.Write(failure)));

        seen.Should().Contain("GET /start HTTP/1.1").And.Contain(location.Contains("PORT") ? "HTTP/1.1 200 OK" : "ConnectionError");
    }

    // The message differs: ours says that a redirect led there.
    [Theory]
    [InlineData("ftp://svc.test:CLOSED/landing", "HttpRequestException ConnectionError / SocketException ConnectionRefused")]
    [InlineData("ftp://svc.test:CLOSED/landing#", "HttpRequestException ConnectionError / SocketException ConnectionRefused")]
    [InlineData("ftp://svc.test/landing", "HttpRequestException ConnectionError / SocketException ConnectionRefused")]
    [InlineData("gopher://svc.test:CLOSED/landing", "HttpRequestException ConnectionError / SocketException ConnectionRefused")]
    [InlineData("unheard-of://svc.test:CLOSED/landing", "HttpRequestException ConnectionError / SocketException ConnectionRefused")]
    [InlineData("mailto:somebody@svc.test", "HttpRequestException ConnectionError / SocketException ConnectionRefused")]
    [InlineData("file:///landing", "UriFormatException")]
    [InlineData("unheard-of:///landing", "UriFormatException")]
    [InlineData("javascript:alert(1)", "UriFormatException")]
    [InlineData("data:text/plain,hello", "UriFormatException")]
    [InlineData("urn:landing:here", "UriFormatException")]
    [InlineData("about:blank", "UriFormatException")]
    [InlineData("c:\\landing", "UriFormatException")]
    public async Task OtherScheme_FailsTheSameWay(string location, string failure)
    {
        string seen = await Twice.SameAsync(trial => LedAsync(trial, location, static (trial, failure) => trial.Transcript.Write(Shape(failure))));

        seen.Should().Contain("GET /start HTTP/1.1").And.Contain($"failed: {failure}\n");
    }

    /// <summary>The runtime speaks HTTP to any host and port that a redirect names, whatever the scheme. We do not.</summary>
    [Theory]
    [InlineData("ftp")]
    [InlineData("unheard-of")]
    public async Task OtherSchemeWhereSomebodyListens_IsRefusedByOursOnly(string scheme)
    {
        async Task<string> SendAsync(bool isOurs)
        {
            await using Trial trial = new(isOurs);
            await LedAsync(trial, $"{scheme}://svc.test:PORT/landing", static (trial, failure) => trial.Transcript.Write(Shape(failure)));
            return trial.Transcript.ToString();
        }

        (await SendAsync(isOurs: false)).Should().Contain("GET /landing HTTP/1.1").And.Contain("HTTP/1.1 200 OK");
        (await SendAsync(isOurs: true)).Should().NotContain("GET /landing HTTP/1.1").And.Contain("HttpRequestException ConnectionError / SocketException ConnectionRefused");
    }

    [Theory]
    [InlineData("https", "https", true)]
    [InlineData("https", "wss", true)]
    [InlineData("http", "https", true)]
    [InlineData("http", "wss", true)]
    [InlineData("ws", "http", true)]
    [InlineData("ws", "https", true)]
    [InlineData("wss", "https", true)]
    [InlineData("wss", "http", false)]
    [InlineData("https", "http", false)]
    [InlineData("https", "ws", false)]
    [InlineData("https", "ftp", false)]
    [InlineData("https", "unheard-of", false)]
    public async Task ChangeOfScheme_IsFollowedUnlessItLeavesTls(string from, string to, bool isFollowed)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer plain = trial.Serve(RawServer.Answering(request => Answer(request, 302, "")), name: "PLAIN");
            RawServer secure = trial.Serve(RawServer.Answering(request => Answer(request, 302, "")), RawServer.Tls(), "SECURE");
            RawServer second = to is "https" or "wss" ? secure : plain;
            RawServer first = trial.Serve(
                RawServer.Answering(request => Answer(request, 302, $"{to}://svc.test:{second.Port}/landing")), from is "https" or "wss" ? RawServer.Tls() : null, "FIRST");
            await GetAsync(trial, $"{from}://svc.test:{first.Port}/start", Trial.TrustingAll());
            trial.Transcript.Write(first.Wire + second.Wire);
        });

        seen.Contains("GET /landing HTTP/1.1").Should().Be(isFollowed);
        seen.Should().Contain("GET /start HTTP/1.1");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task TooMany_ReturnTheLastOne(int most)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            int hops = 0;
            RawServer server = trial.Serve(_ => Answer(302, $"/loop?n={Interlocked.Increment(ref hops)}"));
            await GetAsync(trial, $"http://svc.test:{server.Port}/loop", new SocketsHttpHandler { MaxAutomaticRedirections = most });
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 302").And.Contain($"GET /loop?n={most} ").And.NotContain($"GET /loop?n={most + 1} ");
    }

    [Fact]
    public async Task AsManyAsAllowed_AreFollowed()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            int hops = 0;
            RawServer server = trial.Serve(_ => Interlocked.Increment(ref hops) <= 3 ? Answer(302, $"/loop?n={hops}") : RawServer.Ok);
            await GetAsync(trial, $"http://svc.test:{server.Port}/loop", new SocketsHttpHandler { MaxAutomaticRedirections = 3 });
        });

        seen.Should().Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData(302, "GET")]
    [InlineData(303, "POST")]
    [InlineData(308, "PUT")]
    public async Task NotAllowed_ReturnsTheRedirect(int status, string method)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Answer(request, status, Landing));
            using HttpRequestMessage request = new(new HttpMethod(method), $"http://svc.test:{server.Port}/start") { Headers = { { "Authorization", "Bearer kept" } } };
            await trial.SendAsync(trial.Client(new SocketsHttpHandler { AllowAutoRedirect = false }), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain($"HTTP/1.1 {status}").And.Contain("request header Authorization: Bearer kept").And.NotContain("GET /landing");
    }

    [Theory]
    [InlineData(302, "bytes")]
    [InlineData(307, "bytes")]
    [InlineData(308, "bytes")]
    [InlineData(303, "chunked bytes")]
    [InlineData(307, "chunked bytes")]
    [InlineData(302, "seekable")]
    [InlineData(307, "seekable")]
    [InlineData(302, "unseekable")]
    [InlineData(307, "unseekable")]
    [InlineData(308, "unseekable")]
    [InlineData(303, "unknown length")]
    [InlineData(307, "unknown length")]
    [InlineData(303, "expect")]
    [InlineData(307, "expect")]
    [InlineData(303, "form")]
    [InlineData(307, "form")]
    [InlineData(307, "multipart")]
    [InlineData(303, "empty")]
    [InlineData(307, "empty")]
    [InlineData(307, "fails")]
    public async Task Content_IsSentAgainOrDropped(int status, string kind)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(async connection =>
            {
                while (await connection.ReadHeadAsync() is RawRequest head)
                {
                    if (head.Header("Expect") is not null)
                    {
                        await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
                    }

                    RawRequest request = head with { Body = await connection.ReadBodyAsync(head) };
                    await connection.WriteAsync(Answer(request, status, Landing));
                }
            });
            using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{server.Port}/start") { Content = Content(kind) };
            request.Headers.TransferEncodingChunked = kind == "chunked bytes" ? true : null;
            request.Headers.ExpectContinue = kind == "expect" ? true : null;
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write($"chunked: {request.Headers.TransferEncodingChunked} expect: {request.Headers.ExpectContinue} content: {request.Content?.Headers.ContentLength}");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("POST /start HTTP/1.1").And.Contain("chunked: ");
    }

    [Theory]
    [InlineData(302, false, 0)]
    [InlineData(302, false, 100)]
    [InlineData(302, true, 100)]
    [InlineData(308, false, 3000)]
    public async Task ShortContentOfARedirect_IsReadSoThatTheConnectionGoesOn(int status, bool chunked, int length)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/start" ? Answer(status, Landing, Framed(chunked, length)) : RawServer.Ok);
            await GetAsync(trial, $"http://svc.test:{server.Port}/start");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("--- connection 0").And.NotContain("--- connection 1").And.Contain("GET /landing");
    }

    [Theory]
    [InlineData("too long")]
    [InlineData("too long for the setting")]
    [InlineData("nothing is drained")]
    [InlineData("close")]
    [InlineData("slow")]
    [InlineData("until the end")]
    public async Task OtherContentOfARedirect_CostsTheConnection(string kind)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            TaskCompletionSource landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            RawServer server = trial.Serve(async connection =>
            {
                while (await connection.ReadRequestAsync() is RawRequest request)
                {
                    if (request.Target != "/start")
                    {
                        landed.TrySetResult();
                        await connection.WriteAsync(RawServer.Ok);
                        continue;
                    }

                    await connection.WriteAsync(kind switch
                    {
                        "close" => Answer(302, Landing, "Connection: close\r\nContent-Length: 5\r\n\r\nhello"),
                        "slow" => Answer(302, Landing, "Content-Length: 5\r\n\r\n"),
                        "until the end" => Answer(302, Landing, "\r\nhello"),
                        "too long" => Answer(302, Landing, "Content-Length: 2000000\r\n\r\nhello"),
                        _ => Answer(302, Landing, "Content-Length: 100\r\n\r\nhello"),
                    });
                    await landed.Task;
                    if (kind is "close" or "until the end")
                    {
                        return;
                    }
                }
            });
            SocketsHttpHandler settings = new();
            settings.MaxResponseDrainSize = kind switch { "too long for the setting" => 50, "nothing is drained" => 0, _ => settings.MaxResponseDrainSize };
            await GetAsync(trial, $"http://svc.test:{server.Port}/start", settings);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("--- connection 1\nGET /landing").And.NotContain("--- connection 2").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData("http://first.test:FIRST/start", "http://second.test:SECOND/landing")]
    [InlineData("http://first.test:FIRST/start", "http://first.test:SECOND/landing")]
    [InlineData("http://first.test:FIRST/start", "http://127.0.0.1:SECOND/landing")]
    [InlineData("http://first.test:FIRST/start", "http://localhost:SECOND/landing")]
    [InlineData("http://127.0.0.1:FIRST/start", "http://second.test:SECOND/landing")]
    [InlineData("http://127.0.0.1:FIRST/start", "http://127.0.0.1:SECOND/landing")]
    [InlineData("http://localhost:FIRST/start", "//second.test:SECOND/landing")]
    [InlineData("http://first.test:FIRST/start", "http://second.test:CLOSED/landing")]
    [InlineData("http://127.0.0.1:FIRST/start", "http://127.0.0.1:CLOSED/landing")]
    public async Task OtherHost_IsSentTheSame(string from, string to)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("first.test", "127.0.0.1");
            trial.Host("second.test", "127.0.0.1");
            int closed = LoopbackServer.FreePort();
            trial.Transcript.Name(closed, "CLOSED");
            RawServer second = trial.Serve(RawServer.Answering(_ => RawServer.Ok), name: "SECOND");
            string location = to.Replace("SECOND", $"{second.Port}", StringComparison.Ordinal).Replace("CLOSED", $"{closed}", StringComparison.Ordinal);
            RawServer first = trial.Serve(RawServer.Answering(request => Answer(request, 307, location)), name: "FIRST");
            using HttpRequestMessage request = new(HttpMethod.Post, from.Replace("FIRST", $"{first.Port}", StringComparison.Ordinal)) { Content = new StringContent("the content") };
            request.Headers.Add("Cookie", "own=1");
            request.Headers.Add("X-Kept", "kept");
            request.Headers.Add("Authorization", "Bearer secret");
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(first.Wire + second.Wire);
        });

        seen.Should().Contain("POST /start HTTP/1.1").And.Contain(to.Contains("CLOSED") ? "ConnectionError" : "POST /landing HTTP/1.1");
    }

    [Theory]
    [InlineData("/landing")]
    [InlineData("http://second.test:PORT/landing")]
    public async Task CallersHostHeader_IsSentOnTheNextHopTheSame(string location)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("second.test", "127.0.0.1");
            RawServer? server = null;
            server = trial.Serve(request => Answer(request, 302, location.AtPortOf(server!)));
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/start");
            request.Headers.Host = "virtual.test";
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("Host: virtual.test").And.Contain("GET /landing");
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public async Task OptionsVersionAndHeaders_StayWithTheRequest(int status)
    {
        HttpRequestOptionsKey<string> key = new("mine");
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Answer(request, status, Landing));
            using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{server.Port}/start") { Content = new StringContent("x"), Version = HttpVersion.Version20 };
            request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
            request.Options.Set(key, "value");
            foreach ((string name, string value) in new[] { ("Referer", "http://svc.test/before"), ("Origin", "http://svc.test"), ("If-None-Match", "\"1\""), ("Range", "bytes=0-1"), ("Proxy-Authorization", "Basic x") })
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(string.Join(',', request.Options.Select(option => $"{option.Key}={option.Value}")));
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("mine=value").And.Contain("/landing HTTP/1.1").And.Contain("HTTP/2.0 RequestVersionOrLower");
    }

    [Fact]
    public async Task Http10_IsFollowed()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/start" ? "HTTP/1.0 302 Found\r\nLocation: /landing\r\nContent-Length: 0\r\n\r\n" : RawServer.Ok);
            using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{server.Port}/start") { Content = new StringContent("x"), Version = HttpVersion.Version10 };
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /landing");
    }

    [Fact]
    public async Task LocationInAnotherEncoding_IsReadWithIt()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Answer(request, 302, "/l\u00C3\u00A4nding"));
            await GetAsync(trial, $"http://svc.test:{server.Port}/start", new SocketsHttpHandler { ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8 });
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /l%C3%A4nding ");
    }

    [Theory]
    [InlineData("gzip, deflate")]
    [InlineData(null)]
    public async Task Decompression_IsAskedForOnEachHop(string? own)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/start" ? Answer(302, Landing, "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nwrong") : RawServer.Ok);
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/start");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", own);
            await trial.SendAsync(trial.Client(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET /landing").And.NotContain("--- connection 1");
    }

    [Fact]
    public async Task ConnectionThatBreaksOnTheSecondHop_FailsTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer second = trial.Serve(async connection => await connection.ReadRequestAsync(), name: "SECOND");
            RawServer server = trial.Serve(request => Answer(request, 302, $"http://svc.test:{second.Port}/landing"));
            await GetAsync(trial, $"http://svc.test:{server.Port}/start");
        });

        seen.Should().Contain("ResponseEnded").And.Contain("final: http://svc.test:SECOND/landing");
    }

    [Fact]
    public async Task CancelledOnTheSecondHop_FailsTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using CancellationTokenSource cancelled = new();
            RawServer server = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync(Answer(302, Landing));
                await connection.ReadRequestAsync();
                await cancelled.CancelAsync();
                await connection.ReadToEndAsync();
            });
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/start");
            HttpClient client = trial.Client();

            // What is within those two depends on who is first: the end of the runtime's read or the close of its socket.
            Exception failure = (await client.Invoking(client => client.SendAsync(request, cancelled.Token)).Should().ThrowAsync<TaskCanceledException>()).Which;
            trial.Transcript.Write($"{failure.GetType().Name} {failure.InnerException?.GetType().Name} {request.RequestUri}");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("TaskCanceledException TaskCanceledException http://svc.test:PORT/landing").And.Contain("GET /landing");
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public async Task SyncSend_FollowsTheSame(int status)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Answer(request, status, Landing));
            using HttpRequestMessage request = new(HttpMethod.Post, $"http://svc.test:{server.Port}/start") { Content = new StringContent("the content") };
            HttpClient client = trial.Client();
            using HttpResponseMessage response = await Task.Run(() => client.Send(request));
            await trial.Transcript.WriteAsync(response);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("/landing HTTP/1.1");
    }

    [Theory]
    [InlineData(301, "POST", true)]
    [InlineData(302, "GET", true)]
    [InlineData(303, "PUT", true)]
    [InlineData(307, "POST", true)]
    [InlineData(308, "PUT", true)]
    [InlineData(302, "POST", false)]
    [InlineData(303, "DELETE", false)]
    [InlineData(307, "POST", false)]
    [InlineData(308, "PATCH", false)]
    [InlineData(304, "GET", false)]
    public async Task OverHttp2_IsFollowedTheSame(int status, string method, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(HttpProtocols.Http2, tls, app => app.Map("/{**path}", context => EchoAsync(context, status)));
            using HttpRequestMessage request = new(new HttpMethod(method), $"{(tls ? "https" : "http")}://svc.test:{server.Port}/start#part");
            request.Version = HttpVersion.Version20;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            request.Headers.Add("Authorization", "Bearer secret");
            request.Headers.Add("X-Kept", "kept");
            request.Content = method is "POST" or "PUT" or "PATCH" ? new StreamContent(new MemoryStream("the content"u8.ToArray())) : null;
            await trial.SendAsync(trial.Client(Trial.TrustingAll()), request);
            trial.Transcript.Write($"{server.RequestsTo("127.0.0.1")} requests, {server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("HTTP/2.0 ").And.Contain(", 1 connections");
    }

    [Fact]
    public async Task RedirectToAnotherHost_IsBalancedOverThatHostsAddresses()
    {
        await using Trial trial = new(isOurs: true) { Options = new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin } };
        RawServer second = trial.Serve(
            async connection =>
            {
                while (await connection.ReadRequestAsync() is not null)
                {
                    await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{connection.Local.Address}");
                }
            },
            null, "SECOND", "127.0.0.3", "127.0.0.4");
        RawServer first = trial.Serve(request => Answer(request, 302, $"http://second.test:{second.Port}/landing"));
        trial.Host("second.test", "127.0.0.3", "127.0.0.4");
        HttpClient client = trial.Client();

        await Eventually.Answers(() => client.GetStringAsync($"http://svc.test:{first.Port}/start"), "127.0.0.3");
        await Eventually.Answers(() => client.GetStringAsync($"http://svc.test:{first.Port}/start"), "127.0.0.4");
    }

    private static async Task GetAsync(Trial trial, string uri, SocketsHttpHandler? settings = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        await trial.SendAsync(trial.Client(settings), request);
        trial.Transcript.Write($"final: {request.RequestUri?.OriginalString} {request.Method}");
    }

    private static async Task LedAsync(Trial trial, string location, Action<Trial, Exception> write)
    {
        int closed = LoopbackServer.FreePort();
        trial.Transcript.Name(closed, "CLOSED");
        RawServer? server = null;
        server = trial.Serve(request => Answer(request, 302, location.AtPortOf(server!).Replace("CLOSED", $"{closed}", StringComparison.Ordinal)));
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/start");
        try
        {
            using HttpResponseMessage response = await trial.Client().SendAsync(request);
            await trial.Transcript.WriteAsync(response);
        }
        catch (Exception failure)
        {
            write(trial, failure);
        }

        trial.Transcript.Write($"final: {request.RequestUri} {request.RequestUri?.OriginalString} {request.Method}");
        trial.Transcript.Write(server.Wire);
    }

    private static string Shape(Exception failure) =>
        $"failed: {failure.GetType().Name}{((failure as HttpRequestException)?.HttpRequestError is HttpRequestError error ? $" {error}" : "")}"
        + (failure.InnerException is SocketException socket ? $" / SocketException {socket.SocketErrorCode}" : "");

    private static string Answer(RawRequest request, int status, string location) =>
        request.Target != "/start" ? request.Method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : RawServer.Ok : Answer(status, location);

    private static string Answer(int status, string location, string rest = "Content-Length: 0\r\n\r\n") => $"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\n{rest}";

    private static string Framed(bool chunked, int length) =>
        chunked ? $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{new string('x', length)}\r\n0\r\n\r\n" : $"Content-Length: {length}\r\n\r\n{new string('x', length)}";

    private static HttpContent Content(string kind) => kind switch
    {
        "seekable" => new StreamContent(new MemoryStream("the content"u8.ToArray())),
        "unseekable" => new StreamContent(new Unseekable("the content")) { Headers = { ContentLength = 11 } },
        "unknown length" => new StreamContent(new Unseekable("the content")),
        "form" => new FormUrlEncodedContent([KeyValuePair.Create("a", "b c")]),
        "multipart" => new MultipartFormDataContent("boundary") { { new StringContent("x"), "name" } },
        "empty" => new ByteArrayContent([]),
        "fails" => new FailingContent(),
        _ => new ByteArrayContent("the content"u8.ToArray()),
    };

    private static async Task EchoAsync(HttpContext context, int status)
    {
        if (context.Request.Path == "/start")
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.StatusCode = status;
            context.Response.Headers.Location = Landing;
            await (status == 304 ? Task.CompletedTask : context.Response.WriteAsync(new string('x', 200_000)));
            return;
        }

        string body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        string headers = string.Join(',', context.Request.Headers.Where(header => header.Key != "Host").OrderBy(header => header.Key).Select(header => $"{header.Key}={header.Value}"));
        await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path} [{headers}] {body}");
    }

    private sealed class Unseekable(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override bool CanSeek => false;
    }

    private sealed class FailingContent : HttpContent
    {
        private int _times;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            _times++ == 0 ? stream.WriteAsync("once"u8.ToArray()).AsTask() : throw new InvalidOperationException("The content can be sent only once.");

        protected override bool TryComputeLength(out long length)
        {
            length = 4;
            return true;
        }
    }
}
