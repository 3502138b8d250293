using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Whose thread writes a request and reads its response, when a thread sends it and waits.</summary>
public sealed class SendingThreadTests
{
    [Theory]
    [InlineData("GET", SendWay.ClientSync)]
    [InlineData("GET", SendWay.InvokerSync)]
    [InlineData("POST", SendWay.InvokerSync)]
    [InlineData("redirect", SendWay.InvokerSync)]
    [InlineData("challenge", SendWay.InvokerSync)]
    public async Task SyncSend_IsDoneByTheThreadThatWaits(string what, SendWay way)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => Answer(what, request));
            ConcurrentQueue<(string What, int Thread)> calls = new();
            SocketsHttpHandler settings = new()
            {
                Credentials = what == "challenge" ? new NetworkCredential("user", "secret") : null,
                PlaintextStreamFilter = (context, _) => ValueTask.FromResult<Stream>(new ThreadRecordingStream((NetworkStream)context.PlaintextStream, calls)),
            };
            using HttpMessageInvoker invoker = way is SendWay.ClientSync ? new HttpClient(trial.Handler(settings)) : new HttpMessageInvoker(trial.Handler(settings));
            int thread = await Caller.OnThread(() =>
            {
                for (int attempt = 0; attempt < 3; attempt++)
                {
                    using HttpRequestMessage request = Caller.Get($"http://svc.test:{server.Port}/");
                    (request.Method, request.Content) = what == "POST" ? (HttpMethod.Post, new StringContent("content")) : (HttpMethod.Get, null);
                    using HttpResponseMessage response = invoker.Send(request, CancellationToken.None);
                    using StreamReader reader = new(response.Content.ReadAsStream());
                    trial.Transcript.Write($"{(int)response.StatusCode} {reader.ReadToEnd()}");
                }

                return Environment.CurrentManagedThreadId;
            });
            foreach ((string call, int by) in calls)
            {
                trial.Transcript.Write($"{call} by {(by == thread ? "the thread that waits" : "another thread")}");
            }
        });

        seen.Should().Contain("200 hello").And.Contain("write by the thread that waits\nread by the thread that waits").And.NotContain("async").And.NotContain("another thread");
    }

    private static string Answer(string what, RawRequest request) => what switch
    {
        "redirect" when request.Target == "/" => RawServer.RedirectTo("/new"),
        "challenge" when request.Header("Authorization") is null => "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
        _ => RawServer.Ok,
    };
}
