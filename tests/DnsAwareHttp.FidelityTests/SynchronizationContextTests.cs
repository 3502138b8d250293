using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Requests of an application whose threads have a context of their own: nothing is posted to it, and callbacks do not see it.</summary>
public sealed class SynchronizationContextTests
{
    private static readonly Dictionary<string, Func<HttpResponseMessage, Task<string>>> Readings = new()
    {
        ["ReadAsStringAsync"] = static response => response.Content.ReadAsStringAsync(),
        ["ReadAsByteArrayAsync"] = static response => response.Content.ReadAsByteArrayAsync().ContinueWith(
            static read => $"{read.Result.Length} bytes", CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default),
        ["CopyToAsync"] = static response => response.Content.CopyToAsync(Stream.Null).ContinueWith(
            static _ => "copied", CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default),
        ["LoadIntoBufferAsync"] = static response => response.Content.LoadIntoBufferAsync().ContinueWith(
            static _ => "loaded", CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default),
        ["ReadAsStream, by the thread"] = static response => Task.FromResult(new StreamReader(response.Content.ReadAsStream()).ReadToEnd()),
        ["disposal"] = static response =>
        {
            response.Dispose();
            return Task.FromResult("disposed");
        },
    };

    public static TheoryData<string, bool> ReadingsOverBoth
    {
        get
        {
            TheoryData<string, bool> rows = [];
            foreach (string reading in Readings.Keys)
            {
                rows.Add(reading, false);
                rows.Add(reading, true);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(ReadingsOverBoth))]
    public async Task Content_IsReadWithoutAPost(string reading, bool http2)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(http2 ? HttpProtocols.Http2 : HttpProtocols.Http1, tls: false);
            using Caller caller = new(trial, SendWay.Invoker);
            CountingContext context = new();
            for (int attempt = 0; attempt < 3; attempt++)
            {
                using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/whoami", http2 ? HttpVersion.Version20 : HttpVersion.Version11);
                using HttpResponseMessage? response = await context.RunAsync(() => caller.TrySendAsync(request));
                trial.Transcript.Write($"{response!.StatusCode}");
                trial.Transcript.Write(await context.RunAsync(() => Readings[reading](response)));
            }

            trial.Transcript.Write($"posts: {context.Posts}");
        });

        seen.Should().Contain("OK").And.Contain("posts: 0");
    }

    [Theory]
    [InlineData("redirect", "200")]
    [InlineData("refused", "HttpRequestException")]
    [InlineData("unknown name", "HttpRequestException")]
    [InlineData("breaks", "HttpRequestException")]
    [InlineData("misdirected", "421")]
    public async Task Outcome_ComesWithoutAPost(string what, string outcome)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("other.test", "127.0.0.1");
            RawServer server = null!;
            server = trial.Serve(request => (what, request.Target) switch
            {
                ("redirect", "/") => RawServer.RedirectTo($"http://other.test:{server.Port}/new"),
                ("misdirected", _) => "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n",
                ("breaks", _) => "HTTP/1.1 200\r\nConnection: close\r\n",
                _ => RawServer.Ok,
            });
            string uri = what switch
            {
                "refused" => $"http://svc.test:{LoopbackServer.FreePort()}/",
                "unknown name" => "http://unknown.invalid/",
                _ => $"http://svc.test:{server.Port}/",
            };
            HttpMessageInvoker invoker = new(trial.Handler(), disposeHandler: false);
            CountingContext context = new();
            for (int attempt = 0; attempt < 2; attempt++)
            {
                trial.Transcript.Write(await context.RunAsync(() => OutcomeAsync(invoker, uri)));
            }

            trial.Transcript.Write($"posts: {context.Posts}");
        });

        seen.Should().Contain(outcome).And.Contain("posts: 0");
    }

    [Theory]
    [InlineData("cold")]
    [InlineData("warm")]
    [InlineData("redirect")]
    [InlineData("refused")]
    public async Task WaitingForATask_OnAThreadThatHasAContext_Ends(string what)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Target == "/redirect" ? RawServer.RedirectTo("/new") : RawServer.Ok);
            HttpMessageInvoker invoker = new(trial.Handler(), disposeHandler: false);
            if (what == "warm")
            {
                await OutcomeAsync(invoker, $"http://svc.test:{server.Port}/");
            }

            // Nobody runs what is posted here: one post, and the wait never ends.
            DeafContext context = new();
            int port = what == "refused" ? LoopbackServer.FreePort() : server.Port;
            trial.Transcript.Write(await Caller.OnThread(() =>
            {
                SynchronizationContext.SetSynchronizationContext(context);
                return OutcomeAsync(invoker, $"http://svc.test:{port}/{what}").GetAwaiter().GetResult();
            }));
        });

        seen.Should().Contain(what == "refused" ? "HttpRequestException" : "200");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Callbacks_OfTheWrappedHandler_SeeTheSame(bool sync)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), RawServer.Tls());
            ConcurrentQueue<string> calls = new();
            SocketsHttpHandler settings = new()
            {
                PlaintextStreamFilter = (context, _) =>
                {
                    calls.Enqueue($"filter: {SynchronizationContext.Current is not null}");
                    return ValueTask.FromResult(context.PlaintextStream);
                },
            };
            settings.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) =>
            {
                calls.Enqueue($"validation: {SynchronizationContext.Current is not null}");
                return true;
            };
            HttpMessageInvoker invoker = new(trial.Handler(settings), disposeHandler: false);
            CountingContext context = new();
            string outcome = await context.RunAsync(() => sync ? Task.FromResult(Outcome(invoker, $"https://svc.test:{server.Port}/")) : OutcomeAsync(invoker, $"https://svc.test:{server.Port}/"));
            calls.ToList().ForEach(trial.Transcript.Write);
            trial.Transcript.Write($"{outcome}, posts: {context.Posts}");
        });

        seen.Should().Contain("filter: False").And.Contain("validation: False").And.Contain("200, posts: 0");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task OurCallbacks_SeeNothingOfARequest(bool sync, bool nameIsKnown)
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        ScriptedResolver dns = new();
        dns.Says("svc.test", 30, "127.0.0.1");
        using DnsCache cache = new(resolver: dns);
        AsyncLocal<string?> local = new();
        ConcurrentQueue<string> calls = new();
        DnsAwareOptions options = new()
        {
            AddressFilter = _ =>
            {
                calls.Enqueue(See("filter"));
                return true;
            },
            ConfigureSocket = _ => calls.Enqueue(See("socket")),
        };
        using DnsAwareHandler first = new(new SocketsHttpHandler(), cache: cache);
        using HttpMessageInvoker warmer = new(first, disposeHandler: false);
        if (nameIsKnown)
        {
            await OutcomeAsync(warmer, $"http://svc.test:{server.Port}/");
        }

        using HttpMessageInvoker invoker = new(new DnsAwareHandler(new SocketsHttpHandler(), options, cache));
        CountingContext context = new();
        string outcome = await context.RunAsync(() =>
        {
            local.Value = "a request's own";
            return sync ? Task.FromResult(Outcome(invoker, $"http://svc.test:{server.Port}/")) : OutcomeAsync(invoker, $"http://svc.test:{server.Port}/");
        });

        outcome.Should().Contain("200");
        calls.Distinct().Should().BeEquivalentTo("filter: no context, local nothing", "socket: no context, local nothing");
        context.Posts.Should().Be(0);

        string See(string what) => $"{what}: {(SynchronizationContext.Current is null ? "no context" : "a context")}, local {local.Value ?? "nothing"}";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LocalsOfARequest_AreNotKeptAlive(bool sync)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            HttpMessageInvoker invoker = new(trial.Handler(), disposeHandler: false);
            WeakReference kept = await SendWithLocalAsync(invoker, server.Port, sync);
            await Eventually.Holds(() => IsCollected(kept), "the local is collected");
            trial.Transcript.Write("collected");
            GC.KeepAlive(invoker);
        });

        seen.Should().Be("collected");
    }

    private static Task<WeakReference> SendWithLocalAsync(HttpMessageInvoker invoker, int port, bool sync) => Caller.OnThread(() =>
    {
        AsyncLocal<object> local = new() { Value = new object() };
        using HttpRequestMessage request = Caller.Get($"http://svc.test:{port}/");
        request.Options.Set(DnsAwareHandler.DrainSignalKey, new DrainSignal());
        using HttpResponseMessage response = sync ? invoker.Send(request, CancellationToken.None) : invoker.SendAsync(request, CancellationToken.None).GetAwaiter().GetResult();
        return new WeakReference(local.Value);
    });

    private static bool IsCollected(WeakReference kept)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return !kept.IsAlive;
    }

    private static string Outcome(HttpMessageInvoker invoker, string uri)
    {
        using HttpRequestMessage request = Caller.Get(uri);
        using HttpResponseMessage response = invoker.Send(request, CancellationToken.None);
        return $"{(int)response.StatusCode}";
    }

    private static async Task<string> OutcomeAsync(HttpMessageInvoker invoker, string uri)
    {
        using HttpRequestMessage request = Caller.Get(uri);
        try
        {
            using HttpResponseMessage response = await invoker.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            return $"{(int)response.StatusCode}";
        }
        catch (HttpRequestException failure)
        {
            return $"{nameof(HttpRequestException)} {failure.HttpRequestError}";
        }
    }

    /// <summary>A context whose thread is busy for ever.</summary>
    private sealed class DeafContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback callback, object? state)
        {
        }
    }
}
