using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A log provider that throws costs its own line. The process lives, and every drain ends.</summary>
public sealed class ThrowingLogProviderTests : IAsyncLifetime
{
    private const string One = "127.0.0.1";
    private const string Two = "127.0.0.2";

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedResolver _dns = new();
    private LoopbackServer _server = null!;

    public static TheoryData<int> EventIds => [.. Enumerable.Range(1, 61)];

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, One, Two);
        _dns.Says("svc.test", 30, One);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(EventIds))]
    public async Task LogProviderThatThrowsAtOneEvent_CostsNoRequestNoDrainAndNotTheProcess(int eventId)
    {
        using ThrowingLoggerFactory loggers = new(eventId);
        await using DnsCache cache = new(resolver: _dns, timeProvider: _clock, loggerFactory: loggers);
        DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { OriginIdleTimeout = TimeSpan.FromHours(12) }, cache, loggers);
        using HttpClient client = new(handler);
        (await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami")).Should().Be(One);

        await AnswerBecomes(cache, () => _dns.Says("svc.test", 30, Two));
        await Eventually.Holds(() => Addresses(handler) == Two, "the drain of the first address ends");
        (await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami")).Should().Be(Two);

        await AnswerBecomes(cache, () => _dns.Fails("svc.test"));
        (await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami")).Should().Be(Two);

        await AnswerBecomes(cache, () => _dns.Says("svc.test", new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(1))));
        _clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Holds(() => Addresses(handler).Length == 0, "the empty-answer grace ends and the drain with it");

        await AnswerBecomes(cache, () => _dns.Says("svc.test", 30, One));
        (await client.GetStringAsync($"http://svc.test:{_server.Port}/whoami")).Should().Be(One);
        client.Dispose();
        await handler.WhenDrained().WaitAsync(TimeSpan.FromSeconds(30));
    }

    // Turns the clock until the name was asked once more; its listeners were told then.
    private async Task AnswerBecomes(DnsCache cache, Action change)
    {
        change();
        int before = _dns.Questions("svc.test");
        await Eventually.Holds(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                return _dns.Questions("svc.test") > before && cache.IsQuiet;
            },
            "the name is asked again");
    }

    private static string Addresses(DnsAwareHandler handler) =>
        string.Join(", ", handler.GetSnapshot().Origins.SelectMany(origin => origin.Endpoints).Select(endpoint => endpoint.Address.Address).Distinct());

    private sealed class ThrowingLoggerFactory(int eventId) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (id.Id == eventId)
            {
                throw new InvalidOperationException($"the log provider fails at event {eventId}");
            }
        }

        public void Dispose()
        {
        }
    }
}
