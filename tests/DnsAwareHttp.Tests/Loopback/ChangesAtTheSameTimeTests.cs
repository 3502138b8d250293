using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Requests, changes of options and disposal that meet while the application is asked: a gate holds the moment open.</summary>
public sealed class ChangesAtTheSameTimeTests : IAsyncLifetime
{
    private const string One = "127.0.0.1";

    private readonly ScriptedResolver _dns = new();
    private readonly SemaphoreSlim _asked = new(0);
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly DnsCache _cache;
    private LoopbackServer _server = null!;

    public ChangesAtTheSameTimeTests() => _cache = new DnsCache(resolver: _dns);

    private string Page => $"http://svc.test:{_server.Port}/whoami";

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, One);
        _dns.Says("svc.test", 300, One);
    }

    public async Task DisposeAsync()
    {
        _gate.Set();
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
        _gate.Dispose();
        _asked.Dispose();
    }

    [Fact]
    public async Task Apply_WhileTheSelectorBlocks_HoldsNoRequestAndNoDisposal()
    {
        DnsAwareHandler handler = new(new SocketsHttpHandler(), Options(drainSeconds: 10), _cache);
        using HttpClient client = new(handler);
        (await client.GetStringAsync(Page)).Should().Be(One);
        Task<bool> applying = await WhileTheSelectorBlocks(() => handler.Apply(Options(drainSeconds: 20)));

        (await client.GetStringAsync(Page)).Should().Be(One, "the router before serves on");
        await Task.Run(handler.Dispose).WaitAsync(TimeSpan.FromSeconds(30));
        _gate.Set();

        (await applying).Should().BeFalse("the handler was disposed meanwhile");
        await handler.WhenDrained().WaitAsync(TimeSpan.FromSeconds(30));
        handler.GetSnapshot().Origins.Should().BeEmpty();
    }

    [Fact]
    public async Task Apply_TwiceAtATime_OneSetOfOptionsIsInUseAndNothingOfTheOthersIsOpen()
    {
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), Options(drainSeconds: 10), _cache);
        using HttpClient client = new(handler, disposeHandler: false);
        await client.GetStringAsync(Page);
        Task<bool> first = await WhileTheSelectorBlocks(() => handler.Apply(Options(drainSeconds: 20)));
        Task<bool> second = await WhileTheSelectorBlocks(() => handler.Apply(Options(drainSeconds: 30)));
        _gate.Set();

        (await Task.WhenAll(first, second)).Should().Equal(true, true);

        (await client.GetStringAsync(Page)).Should().Be(One);
        _ = handler.Apply(Options(drainSeconds: 20));
        handler.Apply(Options(drainSeconds: 20)).Should().BeFalse("these options are in use");
        await Eventually.Holds(
            () => handler.GetSnapshot().Origins.Single().Endpoints.Count(endpoint => endpoint.State is not EndpointState.Draining) == 1,
            "one origin with one member is open");
    }

    [Fact]
    public async Task FirstRequest_WhileTheSelectorBlocksAndTheHandlerIsDisposed_IsRefused()
    {
        DnsAwareHandler handler = new(new SocketsHttpHandler(), Options(drainSeconds: 10), _cache);
        using HttpMessageInvoker client = new(handler, disposeHandler: false);
        Task<HttpResponseMessage> sending = await WhileTheSelectorBlocks(() => Send(client));

        await Task.Run(handler.Dispose).WaitAsync(TimeSpan.FromSeconds(30));
        _gate.Set();

        await FluentActions.Awaiting(() => sending).Should().ThrowAsync<ObjectDisposedException>();
        handler.GetSnapshot().Origins.Should().BeEmpty();
    }

    [Fact]
    public async Task FirstRequest_WhileTheSelectorBlocksAndOptionsChange_IsServed()
    {
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), Options(drainSeconds: 10), _cache);
        using HttpMessageInvoker client = new(handler, disposeHandler: false);
        Task<HttpResponseMessage> sending = await WhileTheSelectorBlocks(() => Send(client));

        (await Task.Run(() => handler.Apply(Options(drainSeconds: 20))).WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();
        _gate.Set();

        using HttpResponseMessage response = await sending;
        (await response.Content.ReadAsStringAsync()).Should().Be(One);
    }

    private HttpResponseMessage Send(HttpMessageInvoker client)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Page);
        return client.Send(request, CancellationToken.None);
    }

    // Begins an action that asks the selector, and returns once the selector waits.
    private async Task<Task<T>> WhileTheSelectorBlocks<T>(Func<T> action)
    {
        while (_asked.Wait(0))
        {
            // Earlier questions do not count.
        }

        _gate.Reset();
        Task<T> running = Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        (await _asked.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue("the selector is asked");
        return running;
    }

    private DnsAwareOptions Options(int drainSeconds) => new()
    {
        DrainTimeout = TimeSpan.FromSeconds(drainSeconds),
        ServiceRecordSelector = AskSelector,
    };

    private string? AskSelector(string host, int port)
    {
        _asked.Release();
        _gate.Wait(TimeSpan.FromSeconds(60));
        return null;
    }
}
