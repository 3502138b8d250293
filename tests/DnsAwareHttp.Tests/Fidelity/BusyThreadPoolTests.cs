using DnsAwareHttp.Tests.Simulation;

namespace DnsAwareHttp.Tests.Fidelity;

/// <summary>Requests that a thread sends while the pool has no thread to spare: once a connection is open, nothing waits for one.</summary>
[Collection(nameof(Alone))]
public sealed class BusyThreadPoolTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(SendWay.ClientSync, "one connection")]
    [InlineData(SendWay.InvokerSync, "one connection")]
    [InlineData(SendWay.InvokerSync, "two names")]
    public async Task SyncSend_OverAnOpenConnection_NeedsNoThreadOfThePool(SendWay way, string what)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host("other.test", "127.0.0.1");
            using ThreadServer server = new();
            HttpMessageInvoker invoker = way is SendWay.ClientSync ? trial.Client() : new HttpMessageInvoker(trial.Handler(), disposeHandler: false);
            string[] names = what == "two names" ? ["svc.test", "other.test"] : ["svc.test"];
            await Caller.OnThread(() => SendToEach(invoker, names, server.Port));
            Task<string> sending = Caller.OnThread(() =>
            {
                using BusyThreadPool busy = new();
                Task<string> inner = Caller.OnThread(() => string.Join(",", Enumerable.Range(0, 100).Select(_ => SendToEach(invoker, names, server.Port))));
                return inner.Wait(Deadline) ? inner.Result : "it waits for the pool";
            });
            trial.Transcript.Write(await sending);
        });

        seen.Should().StartWith("hello").And.HaveLength(what == "two names" ? 1099 : 599);
    }

    /// <summary>The runtime connects on the pool, also for a thread that waits: with none to spare, the first request waits with either handler.</summary>
    [Fact]
    public async Task SyncSend_ThatNeedsAConnection_WaitsForThePoolTheSame()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            using ThreadServer server = new();
            HttpMessageInvoker invoker = new(trial.Handler(), disposeHandler: false);
            Task<string>? sending = null;
            bool endedWhileBusy = await Caller.OnThread(() =>
            {
                using BusyThreadPool busy = new();
                sending = Caller.OnThread(() => SendToEach(invoker, ["svc.test"], server.Port));
                return sending.Wait(TimeSpan.FromMilliseconds(300));
            });
            trial.Transcript.Write($"ended while the pool was busy: {endedWhileBusy}");
            trial.Transcript.Write(await sending!);
        });

        seen.Should().Be("ended while the pool was busy: False\nhello");
    }

    private static string SendToEach(HttpMessageInvoker invoker, string[] names, int port) => string.Concat(names.Select(name =>
    {
        using HttpRequestMessage request = Caller.Get($"http://{name}:{port}/");
        using HttpResponseMessage response = invoker.Send(request, CancellationToken.None);
        using StreamReader reader = new(response.Content.ReadAsStream());
        return reader.ReadToEnd();
    }));
}
