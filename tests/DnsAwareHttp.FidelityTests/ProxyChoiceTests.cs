using System.Net;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Which proxy a request takes, and how often whoever knows that is asked.</summary>
public sealed class ProxyChoiceTests
{
    [Fact]
    public async Task ProxyThatPicksByHost_IsAskedOnceARequest()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Hosts(trial);
            RawServer direct = Labelled(trial, "DIRECT");
            RawServer first = Labelled(trial, "FIRST");
            RawServer second = Labelled(trial, "SECOND");
            HttpClient client = trial.Client(new SocketsHttpHandler
            {
                Proxy = new AskedProxy(trial.Transcript, uri => uri.Host switch
                {
                    "a.test" => new Uri($"http://proxy.test:{first.Port}"),
                    "b.test" => new Uri($"http://other.test:{second.Port}"),
                    _ => null,
                })
                {
                    Bypasses = static uri => uri.Host == "c.test",
                },
            });
            foreach (string host in (string[])["a.test", "b.test", "c.test", "svc.test", "a.test"])
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"http://{host}:{direct.Port}/");
                await trial.SendAsync(client, request);
            }
        });

        seen.Should().Contain("bypass asked for http://b.test:DIRECT/\nproxy asked for http://b.test:DIRECT/\n").And.Contain("answered by SECOND")
            .And.Contain("bypass asked for http://c.test:DIRECT/\nHTTP/1.1 200");
        Count(seen, "bypass asked").Should().Be(5);
        Count(seen, "proxy asked for http").Should().Be(4);
        Count(seen, "answered by FIRST").Should().Be(2);
        Count(seen, "answered by DIRECT").Should().Be(2);
    }

    [Theory]
    [InlineData("throws", "answered by DIRECT")]
    [InlineData("bypass throws", "answered by DIRECT")]
    [InlineData("null", "answered by DIRECT")]
    [InlineData("destination", "GET http://svc.test:DIRECT/ HTTP/1.1")]
    [InlineData("ftp", "NotSupportedException")]
    [InlineData("relative", "InvalidOperationException")]
    public async Task OddProxies_AreTakenTheSame(string kind, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer direct = Labelled(trial, "DIRECT");
            await trial.GetAsync($"http://svc.test:{direct.Port}/", new SocketsHttpHandler
            {
                Proxy = new OddProxy(kind),
            });
            trial.Transcript.Write(direct.Wire);
        });

        seen.Should().Contain(expected);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task Redirect_AsksTheProxyOnceAHop(int status)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Hosts(trial);
            RawServer last = Labelled(trial, "LAST");
            RawServer proxy = trial.Serve(ProxyScript.Http(request =>
                $"HTTP/1.1 {status} Moved\r\nLocation: http://{(request.Target.Contains("a.test", StringComparison.Ordinal) ? "b.test" : "c.test")}:{last.Port}/\r\nContent-Length: 0\r\n\r\n"), name: "PROXY");
            await trial.GetAsync("http://a.test/", new SocketsHttpHandler
            {
                Proxy = new AskedProxy(trial.Transcript, _ => new Uri($"http://proxy.test:{proxy.Port}")) { Bypasses = static uri => uri.Host == "c.test" },
            });
            trial.Transcript.Write($"{proxy.Connections.Count} connections");
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain("bypass asked for http://c.test:LAST/\n").And.Contain("answered by LAST").And.Contain("1 connections");
        Count(seen, "bypass asked").Should().Be(3);
        Count(seen, "proxy asked for http").Should().Be(2);
    }

    [Fact]
    public async Task RetryOnAConnectionThatWasClosed_DoesNotAskAgain()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Hosts(trial);
            SemaphoreSlim closed = new(0);
            RawServer proxy = trial.Serve(async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.WriteAsync(RawServer.Ok);
                if (connection.Number == 0)
                {
                    await connection.ReadRequestAsync();
                    closed.Release();
                }
            }, name: "PROXY");
            HttpClient client = trial.Client(new SocketsHttpHandler { Proxy = new AskedProxy(trial.Transcript, _ => new Uri($"http://proxy.test:{proxy.Port}")) });
            for (int index = 0; index < 2; index++)
            {
                using HttpRequestMessage request = new(HttpMethod.Get, "http://origin.test/");
                await trial.SendAsync(client, request);
            }

            await closed.WaitAsync();
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain("connection 1");
        Count(seen, "proxy asked for http").Should().Be(2);
    }

    [Theory]
    [InlineData("http://local/", false)]
    [InlineData("http://local/", true)]
    [InlineData("http://a.test/", true)]
    [InlineData("http://skipped.test/", true)]
    [InlineData("http://127.0.0.1/", true)]
    public async Task WebProxysBypassList_IsHonoured(string uri, bool bypassLocal)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Hosts(trial);
            trial.Host("local", "127.0.0.1");
            trial.Host("skipped.test", "127.0.0.1");
            RawServer direct = Labelled(trial, "DIRECT");
            RawServer proxy = Labelled(trial, "PROXIED");
            UriBuilder target = new(uri) { Port = direct.Port };
            await trial.GetAsync(target.Uri.AbsoluteUri, new SocketsHttpHandler { Proxy = new WebProxy($"http://proxy.test:{proxy.Port}", bypassLocal, [@"skipped\.test"]) });
        });

        seen.Should().Contain(uri.Contains("a.test", StringComparison.Ordinal) || !bypassLocal ? "answered by PROXIED" : "answered by DIRECT");
    }

    [Fact]
    public async Task UseProxyFalse_AsksNoProxy()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer direct = Labelled(trial, "DIRECT");
            await trial.GetAsync($"http://svc.test:{direct.Port}/", new SocketsHttpHandler { UseProxy = false, Proxy = new AskedProxy(trial.Transcript, static _ => new Uri("http://proxy.invalid")) });
        });

        seen.Should().Contain("answered by DIRECT").And.NotContain("asked");
    }

    [Fact]
    public async Task CredentialsOfTheProxy_AreReadOnce()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            Hosts(trial);
            RawServer first = trial.Serve(ProxyScript.Http(static request => request.Header("Proxy-Authorization") is null
                ? "HTTP/1.1 407 Credentials\r\nProxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n" : null), name: "FIRST");
            WebProxy proxy = new($"http://proxy.test:{first.Port}") { Credentials = new NetworkCredential("user", "word") };
            HttpClient client = trial.Client(new SocketsHttpHandler { Proxy = proxy });
            foreach (string path in (string[])["/1", "/2"])
            {
                using HttpRequestMessage request = new(HttpMethod.Get, "http://origin.test" + path);
                await trial.SendAsync(client, request);

                // Too late, and another host of the proxy makes a new pool.
                proxy.Credentials = new NetworkCredential("other", "word");
                proxy.Address = new Uri($"http://other.test:{first.Port}");
            }

            trial.Transcript.Write(first.Wire);
        });

        seen.Should().Contain("Proxy-Authorization: Basic dXNlcjp3b3Jk").And.NotContain("b3RoZXI6d29yZA==").And.Contain("connection 1");
    }

    [Fact]
    public async Task DefaultProxy_IsTheOneOfTheFirstRequest()
    {
        IWebProxy before = HttpClient.DefaultProxy;
        try
        {
            string seen = await Twice.SameAsync(async trial =>
            {
                Hosts(trial);
                RawServer first = Labelled(trial, "FIRST");
                RawServer second = Labelled(trial, "SECOND");

                // Other tests run beside this one: the default proxy is for one host only.
                HttpClient.DefaultProxy = OnlyForThisTest(first);
                HttpClient client = trial.Client();
                for (int index = 0; index < 2; index++)
                {
                    using HttpRequestMessage request = new(HttpMethod.Get, "http://only-here.test/");
                    await trial.SendAsync(client, request);
                    HttpClient.DefaultProxy = OnlyForThisTest(second);
                }
            });

            Count(seen, "answered by FIRST").Should().Be(2);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        static AskedProxy OnlyForThisTest(RawServer proxy) =>
            new(new Transcript(), _ => new Uri($"http://proxy.test:{proxy.Port}")) { Bypasses = static uri => uri.Host != "only-here.test" };
    }

    [Fact]
    public async Task ProxyThatTheRuntimeCannotSpeakTo_IsAskedTwiceByOurs()
    {
        // The request fails in either case. The wrapped handler says how, and asks for itself.
        Transcript transcript = new();
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler { Proxy = new AskedProxy(transcript, static _ => new Uri("ftp://proxy.test/")) }));

        await client.Awaiting(c => c.GetAsync("http://svc.test/")).Should().ThrowAsync<NotSupportedException>();

        Count(transcript.ToString(), "proxy asked").Should().Be(2);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static void Hosts(Trial trial)
    {
        foreach (string host in (string[])["proxy.test", "other.test", "a.test", "b.test", "c.test"])
        {
            trial.Host(host, "127.0.0.1");
        }
    }

    private static RawServer Labelled(Trial trial, string name) =>
        trial.Serve(ProxyScript.Http(_ => $"HTTP/1.1 200 OK\r\nContent-Length: {"answered by ".Length + name.Length}\r\n\r\nanswered by {name}"), name: name);

    /// <summary>A proxy that answers what no proxy should.</summary>
    private sealed class OddProxy(string kind) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => kind switch
        {
            "throws" => throw new InvalidOperationException("no proxy today"),
            "destination" => destination,
            "ftp" => new Uri("ftp://proxy.test/"),
            "relative" => new Uri("/proxy", UriKind.Relative),
            _ => null,
        };

        public bool IsBypassed(Uri host) => kind == "bypass throws" ? throw new InvalidOperationException("no proxy today") : false;
    }
}
