using System.Collections.Concurrent;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.House;

/// <summary>The library logs under the two categories that docs/observability.md names, so that a filter for them catches everything.</summary>
public sealed class LogCategoryTests
{
    [Fact]
    public async Task AllRooms_LogUnderTheTwoCategoriesOfTheDocs()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        using TemporaryFile hosts = new();
        hosts.Write("127.0.0.1 svc.test\n127.0.0.1\n");
        using TemporaryFile resolvConf = new();
        resolvConf.Write("nameserver 127.0.0.1\n");
        using TemporaryFile nsswitch = new();
        nsswitch.Write("hosts: files dns\n");
        CategoryRecorder log = new();
        ServiceCollection services = new();
        services.AddSingleton<ILoggerFactory>(log);
        services.AddDnsCache(options =>
            (options.HostsFilePath, options.ResolvConfPath, options.NsswitchPath) = (hosts.Path, resolvConf.Path, nsswitch.Path));
        services.AddHttpClient("x").AddDnsAwareHandler();
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            using HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
            (await client.GetStringAsync($"http://svc.test:{server.Port}/whoami")).Should().Be("127.0.0.1");
            await provider.GetRequiredService<DnsCache>().PrefetchAsync("localhost");
        }

        // The factory itself logs under System.Net.Http.HttpClient and Microsoft.Extensions.Http.
        string[] ours = ["DnsAwareHttp.DnsAwareHandler", "DnsAwareHttp.DnsCache"];
        log.Made.Where(category => category.StartsWith("DnsAware", StringComparison.Ordinal)).Should().BeEquivalentTo(ours);
        log.Used.Where(category => category.StartsWith("DnsAware", StringComparison.Ordinal)).Should().BeEquivalentTo(ours);
        string page = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "..", "..", "docs", "observability.md"));
        ours.Should().AllSatisfy(category => page.Should().Contain($"`{category}`"));
    }

    private sealed class CategoryRecorder : ILoggerFactory
    {
        private readonly ConcurrentDictionary<string, bool> _made = new();
        private readonly ConcurrentDictionary<string, bool> _used = new();

        public ICollection<string> Made => _made.Keys;

        public ICollection<string> Used => _used.Keys;

        public ILogger CreateLogger(string categoryName)
        {
            _made[categoryName] = true;
            return new Recorder(() => _used[categoryName] = true);
        }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Recorder(Action used) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => used();
    }
}
