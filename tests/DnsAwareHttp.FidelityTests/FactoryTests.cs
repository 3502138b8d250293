using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Clients of <see cref="IHttpClientFactory"/>, with and without <c>AddDnsAwareHandler</c>.</summary>
public sealed partial class FactoryTests
{
    private static readonly TimeSpan FactorysLifetime = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("named")]
    [InlineData("default name")]
    [InlineData("typed")]
    [InlineData("typed by interface")]
    [InlineData("keyed")]
    [InlineData("all clients")]
    [InlineData("made by hand from the handler factory")]
    public async Task KindOfClient_SendsTheSame(string kind)
    {
        string seen = await SameAsync(async (trial, services, server) =>
        {
            IHttpClientBuilder builder = kind switch
            {
                "default name" => services.AddHttpClient(Options.DefaultName),
                "typed" => services.AddHttpClient<Typed>(),
                "typed by interface" => services.AddHttpClient<ITyped, Typed>(),
                "keyed" => services.AddHttpClient("x").AddAsKeyed(),
                _ => services.AddHttpClient("x"),
            };
            if (kind == "all clients")
            {
                services.ConfigureHttpClientDefaults(all => Ours(trial, all));
            }
            else
            {
                Ours(trial, builder);
            }

            builder.ConfigureHttpClient(client => client.DefaultRequestHeaders.Add("X-Kind", kind));
            await using ServiceProvider provider = services.BuildServiceProvider();
            await using AsyncServiceScope scope = provider.CreateAsyncScope();
            IHttpClientFactory factory = provider.GetRequiredService<IHttpClientFactory>();
            HttpClient client = kind switch
            {
                "default name" => factory.CreateClient(),
                "typed" => scope.ServiceProvider.GetRequiredService<Typed>().Client,
                "typed by interface" => scope.ServiceProvider.GetRequiredService<ITyped>().Client,
                "keyed" => scope.ServiceProvider.GetRequiredKeyedService<HttpClient>("x"),
                "made by hand from the handler factory" => new HttpClient(provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("x"), disposeHandler: false),
                _ => factory.CreateClient("x"),
            };
            await SendTwiceAsync(trial, client, server);
        });

        seen.Should().Contain("GET /1 HTTP/1.1").And.Contain("GET /2 HTTP/1.1").And.Contain("--- connection 0").And.NotContain("--- connection 1");
        Count(seen, $"X-Kind: {kind}").Should().Be(kind.StartsWith("made") ? 0 : 4, "twice in the transcript of requests and twice on the wire");
    }

    [Theory]
    [InlineData("ConfigurePrimaryHttpMessageHandler", true)]
    [InlineData("ConfigurePrimaryHttpMessageHandler", false)]
    [InlineData("UseSocketsHttpHandler", true)]
    [InlineData("UseSocketsHttpHandler", false)]
    [InlineData("UseSocketsHttpHandler builder", true)]
    [InlineData("UseSocketsHttpHandler builder", false)]
    [InlineData("primary from the container", true)]
    [InlineData("primary from the container", false)]
    [InlineData("AddHttpMessageHandler", true)]
    [InlineData("AddHttpMessageHandler", false)]
    [InlineData("scoped handler", true)]
    [InlineData("scoped handler", false)]
    [InlineData("ConfigureAdditionalHttpMessageHandlers", true)]
    [InlineData("ConfigureAdditionalHttpMessageHandlers", false)]
    [InlineData("SetHandlerLifetime", true)]
    [InlineData("SetHandlerLifetime", false)]
    [InlineData("ConfigureHttpClientDefaults", true)]
    [InlineData("ConfigureHttpClientDefaults", false)]
    public async Task Setting_HoldsBeforeAndAfter(string setting, bool before)
    {
        string seen = await SameAsync(async (trial, services, server) =>
        {
            services.AddScoped<Serial>();
            services.AddTransient<Stamp>();
            services.AddTransient(_ => new SocketsHttpHandler { AllowAutoRedirect = false });
            IHttpClientBuilder builder = services.AddHttpClient("x");
            if (before)
            {
                Apply(setting, services, builder);
            }

            Ours(trial, builder);
            if (!before)
            {
                Apply(setting, services, builder);
            }

            await using ServiceProvider provider = services.BuildServiceProvider();
            HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
            await SendTwiceAsync(trial, client, server);
        }, request => request.Target == "/1" ? RawServer.RedirectTo("/next") : RawServer.Ok);

        bool isPrimary = setting.Contains("rimary") || setting.Contains("Sockets") || setting.Contains("Defaults");
        seen.Should().Contain(isPrimary ? "302 Found" : "GET /next");
        Count(seen, "X-Stamp: 1\r\n").Should().Be(isPrimary || setting == "SetHandlerLifetime" ? 0 : 3);
    }

    [Theory]
    [InlineData("as it is", 200)]
    [InlineData("RemoveAllLoggers", 200)]
    [InlineData("RedactLoggedHeaders", 200)]
    [InlineData("AddDefaultLogger", 200)]
    [InlineData("AddLogger", 200)]
    [InlineData("as it is", 302)]
    [InlineData("AddLogger", 302)]
    [InlineData("as it is", 500)]
    [InlineData("as it is", 0)]
    [InlineData("AddLogger", 0)]
    public async Task Logging_IsTheFactorysOwn(string logging, int status)
    {
        string seen = await SameAsync(async (trial, services, server) =>
        {
            LogBook book = new();
            services.AddSingleton(book);
            services.AddLogging(log => log.SetMinimumLevel(LogLevel.Trace).AddProvider(book));
            IHttpClientBuilder builder = Ours(trial, services.AddHttpClient("x"));
            _ = logging switch
            {
                "RemoveAllLoggers" => builder.RemoveAllLoggers(),
                "RedactLoggedHeaders" => builder.RedactLoggedHeaders(["X-Secret"]),
                "AddDefaultLogger" => builder.RemoveAllLoggers().AddDefaultLogger(),
                "AddLogger" => builder.RemoveAllLoggers().AddLogger(_ => new OwnLogger(book)),
                _ => builder,
            };
            await using ServiceProvider provider = services.BuildServiceProvider();
            HttpClient client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("x");
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/1");
            request.Headers.Add("X-Secret", "word");
            await trial.SendAsync(client, request);
            foreach (string line in book.Lines)
            {
                trial.Transcript.Write(line);
            }
        }, request => status switch
        {
            302 when request.Target == "/1" => RawServer.RedirectTo("/next"),
            500 => "HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n",
            0 => "no HTTP\r\nConnection: close\r\n\r\n",
            _ => RawServer.Ok,
        });

        Count(seen, "log .*RequestStart").Should().Be(logging is "RemoveAllLoggers" or "AddLogger" ? 0 : 1);
        Count(seen, "own start").Should().Be(logging is "AddLogger" ? 1 : 0);
        Count(seen, "own (stop|failed)").Should().Be(logging is "AddLogger" ? 1 : 0);
    }

    [Theory]
    [InlineData("no handler scope", false)]
    [InlineData("handler scope", true)]
    public async Task Scopes_AreTheFactorysOwn(string what, bool scoped)
    {
        string seen = await SameAsync(async (trial, services, server) =>
        {
            services.AddScoped<Serial>();
            services.AddTransient<Stamp>();
            IHttpClientBuilder builder = Ours(trial, services.AddHttpClient("x")).AddHttpMessageHandler<Stamp>();
            services.Configure<HttpClientFactoryOptions>("x", options => options.SuppressHandlerScope = !scoped);
            await using ServiceProvider provider = services.BuildServiceProvider();
            await using AsyncServiceScope scope = provider.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<Serial>().Number = 7;
            await SendTwiceAsync(trial, provider.GetRequiredService<IHttpClientFactory>().CreateClient("x"), server);
            trial.Transcript.Write($"{what}; in the scope of the application: {scope.ServiceProvider.GetRequiredService<Serial>().Number}");
        });

        seen.Should().Contain("X-Stamp: 1").And.NotContain("X-Stamp: 7");
    }

    [Theory]
    [InlineData(false, null, false, -1)]
    [InlineData(true, null, false, -1)]
    [InlineData(false, 300, false, -1)]
    [InlineData(true, 300, false, -1)]
    [InlineData(false, null, true, 120)]
    [InlineData(true, null, true, 120)]
    [InlineData(false, 300, true, 120)]
    [InlineData(true, 120, true, 120)]
    [InlineData(false, 120, true, 120)]
    public void ConnectionLifetime_IsTheUsersOrNone(bool lifetimeAfter, int? handlerLifetime, bool userSets, int expected)
    {
        ServiceCollection services = new();
        IHttpClientBuilder builder = services.AddHttpClient("x");
        if (handlerLifetime is int seconds && !lifetimeAfter)
        {
            builder.SetHandlerLifetime(TimeSpan.FromSeconds(seconds));
        }

        if (userSets)
        {
            builder.UseSocketsHttpHandler((handler, _) => handler.PooledConnectionLifetime = FactorysLifetime);
        }

        builder.AddDnsAwareHandler();
        if (handlerLifetime is int later && lifetimeAfter)
        {
            builder.SetHandlerLifetime(TimeSpan.FromSeconds(later));
        }

        using ServiceProvider provider = services.BuildServiceProvider();

        Wrapped(provider, "x").PooledConnectionLifetime.Should().Be(expected < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(expected));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OptionsOfAllClients_ComeBeforeThoseOfOne(bool allFirst)
    {
        ServiceCollection services = new();
        services.AddKeyedSingleton("a key", "a service with a key");
        IHttpClientBuilder builder = services.AddHttpClient("x");
        if (!allFirst)
        {
            One();
        }

        services.ConfigureHttpClientDefaults(all => all
            .AddDnsAwareHandler(options => (options.MaxEndpointsPerOrigin, options.LoadBalancing) = (2, LoadBalancingPolicy.RoundRobin))
            .AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin++));
        if (allFirst)
        {
            One();
        }

        using ServiceProvider provider = services.BuildServiceProvider();
        IOptionsMonitor<DnsAwareOptions> options = provider.GetRequiredService<IOptionsMonitor<DnsAwareOptions>>();

        options.Get("x").LoadBalancing.Should().Be(LoadBalancingPolicy.PickFirst);
        options.Get("x").MaxEndpointsPerOrigin.Should().Be(3);
        options.Get("never mentioned").LoadBalancing.Should().Be(LoadBalancingPolicy.RoundRobin);

        void One() => builder.AddDnsAwareHandler(one => one.LoadBalancing = LoadBalancingPolicy.PickFirst);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RotationThatTheUserAskedFor_KeepsTheConnection(bool ownPrimary)
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        ServiceCollection services = new();
        IHttpClientBuilder builder = services.AddHttpClient("x").AddDnsAwareHandler().SetHandlerLifetime(TimeSpan.FromSeconds(1));
        using SocketsHttpHandler primary = new();
        if (ownPrimary)
        {
            builder.ConfigurePrimaryHttpMessageHandler(() => primary);
        }

        await using ServiceProvider provider = services.BuildServiceProvider();
        IHttpMessageHandlerFactory factory = provider.GetRequiredService<IHttpMessageHandlerFactory>();
        HttpMessageHandler first = factory.CreateHandler("x");
        using HttpClient before = new(first, disposeHandler: false);
        await before.GetStringAsync($"http://127.0.0.1:{server.Port}/");

        await Eventually.Holds(() => factory.CreateHandler("x") != first, "the factory makes another pipeline");

        using HttpClient after = new(factory.CreateHandler("x"), disposeHandler: false);
        await after.GetStringAsync($"http://127.0.0.1:{server.Port}/");
        server.Connections.Should().ContainSingle();
        using HttpRequestMessage unmanaged = new(HttpMethod.Get, "ftp://127.0.0.1/");
        (await FluentActions.Awaiting(() => after.SendAsync(unmanaged)).Should().ThrowAsync<Exception>()).Which.Should().NotBeOfType<ObjectDisposedException>("the wrapped handler lives as long as ours");
    }

    [Fact]
    public async Task HundredRotations_OpenNoConnection()
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        ServiceCollection services = new();
        services.AddHttpClient("x").AddDnsAwareHandler().UseSocketsHttpHandler((handler, _) => handler.UseCookies = false).AddHttpMessageHandler(static () => new Stamp(new Serial()));
        await using ServiceProvider provider = services.BuildServiceProvider();
        for (int rotation = 0; rotation < 100; rotation++)
        {
            using HttpClient client = new(Rotate(provider, "x"));
            await client.GetStringAsync($"http://127.0.0.1:{server.Port}/");
        }

        server.Connections.Should().ContainSingle();
        server.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task ManyNames_ShareDnsAndNotPools()
    {
        await using RawServer server = RawServer.Start(RawServer.Answering(static _ => RawServer.Ok));
        ScriptedResolver dns = new();
        dns.Says("svc.test", 30, "127.0.0.1");
        ServiceCollection services = new();
        services.AddSingleton<INameResolver>(dns);
        services.ConfigureHttpClientDefaults(static all => all.AddDnsAwareHandler());
        await using ServiceProvider provider = services.BuildServiceProvider();

        foreach (string name in (string[])["a", "b", "c", "a", "b", "c"])
        {
            await provider.GetRequiredService<IHttpClientFactory>().CreateClient(name).GetStringAsync($"http://svc.test:{server.Port}/");
        }

        dns.Questions("svc.test").Should().Be(1);
        server.Connections.Should().HaveCount(3);
    }

    [Fact]
    public async Task HostStops_OpenResponsesCompleteAndNothingIsLeft()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        ManualTimeProvider clock = new();
        ScriptedResolver dns = new();
        dns.Says("svc.test", 30, "127.0.0.1");
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<INameResolver>(dns).AddSingleton<TimeProvider>(clock);
        builder.Services.AddHttpClient("x").AddDnsAwareHandler(builder.Configuration.GetSection("Client"));
        builder.Services.AddHttpClient("y").AddDnsAwareHandler();
        IHost host = builder.Build();
        await host.StartAsync();
        HttpClient x = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("x");
        HttpClient y = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("y");
        DnsCache cache = host.Services.GetRequiredService<DnsCache>();
        using HttpResponseMessage open = await x.GetAsync($"http://svc.test:{server.Port}/gated", HttpCompletionOption.ResponseHeadersRead);
        await y.GetStringAsync($"http://svc.test:{server.Port}/whoami");

        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();

        await Eventually.Holds(() => server.OpenConnections == 1, "idle connections are closed");
        server.Gate.SetResult();
        (await open.Content.ReadAsStringAsync()).Should().Be("0123456789abcdefghij");
        await Eventually.Holds(() => server.OpenConnections == 0, "the last connection is closed");
        await Eventually.Holds(() => clock.ActiveTimers == 0, "no timer is left");
        cache.IsQuiet.Should().BeTrue();
        await y.Invoking(client => client.GetAsync($"http://svc.test:{server.Port}/whoami")).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public void WrongPrimaryOfAllClients_NamesTheClientAndTheRemedy()
    {
        ServiceCollection services = new();
        services.ConfigureHttpClientDefaults(static all => all.ConfigurePrimaryHttpMessageHandler(static () => new StubHandler()));
        services.AddHttpClient("orders").AddDnsAwareHandler();
        using ServiceProvider provider = services.BuildServiceProvider();

        Action use = () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");

        use.Should().Throw<InvalidOperationException>().WithMessage("*\"orders\"*StubHandler*UseSocketsHttpHandler()*");
    }

    private static IHttpClientBuilder Ours(Trial trial, IHttpClientBuilder builder) => trial.IsOurs ? builder.AddDnsAwareHandler() : builder;

    private static object Apply(string setting, IServiceCollection services, IHttpClientBuilder builder) => setting switch
    {
        "ConfigurePrimaryHttpMessageHandler" => builder.ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler { AllowAutoRedirect = false }),
        "UseSocketsHttpHandler" => builder.UseSocketsHttpHandler(static (handler, _) => handler.AllowAutoRedirect = false),
        "UseSocketsHttpHandler builder" => builder.UseSocketsHttpHandler(static sockets => sockets.Configure(static (handler, _) => handler.AllowAutoRedirect = false)),
        "primary from the container" => builder.ConfigurePrimaryHttpMessageHandler<SocketsHttpHandler>(),
        "AddHttpMessageHandler" => builder.AddHttpMessageHandler(static () => new Stamp(new Serial())),
        "scoped handler" => builder.AddHttpMessageHandler<Stamp>(),
        "ConfigureAdditionalHttpMessageHandlers" => builder.ConfigureAdditionalHttpMessageHandlers(static (handlers, provider) => handlers.Insert(0, provider.GetRequiredService<Stamp>())),
        "SetHandlerLifetime" => builder.SetHandlerLifetime(TimeSpan.FromMinutes(5)),
        "ConfigureHttpClientDefaults" => services.ConfigureHttpClientDefaults(static all => all.UseSocketsHttpHandler(static (handler, _) => handler.AllowAutoRedirect = false)),
        _ => throw new ArgumentOutOfRangeException(nameof(setting)),
    };

    private static Task<string> SameAsync(Func<Trial, IServiceCollection, RawServer, Task> scenario, Func<RawRequest, string>? answer = null) => Twice.SameWithoutNamesAsync(async trial =>
    {
        RawServer server = trial.Serve(answer ?? (static _ => RawServer.Ok));
        await scenario(trial, new ServiceCollection(), server);
        trial.Transcript.Write(server.Wire);
    });

    private static async Task SendTwiceAsync(Trial trial, HttpClient client, RawServer server)
    {
        for (int number = 1; number <= 2; number++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{server.Port}/{number}");
            await trial.SendAsync(client, request);
        }
    }

    // As the factory does it when a pipeline has expired.
    private static HttpMessageHandler Rotate(IServiceProvider provider, string name)
    {
        HttpMessageHandlerBuilder builder = provider.GetRequiredService<HttpMessageHandlerBuilder>();
        builder.Name = name;
        HttpClientFactoryOptions options = provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>().Get(name);
        Action<HttpMessageHandlerBuilder> configure = built =>
        {
            foreach (Action<HttpMessageHandlerBuilder> action in options.HttpMessageHandlerBuilderActions)
            {
                action(built);
            }
        };
        foreach (IHttpMessageHandlerBuilderFilter filter in provider.GetServices<IHttpMessageHandlerBuilderFilter>().Reverse())
        {
            configure = filter.Configure(configure);
        }

        configure(builder);
        return builder.Build();
    }

    private static SocketsHttpHandler Wrapped(IServiceProvider provider, string name)
    {
        HttpMessageHandler handler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);
        while (handler is DelegatingHandler outer)
        {
            handler = outer.InnerHandler!;
        }

        return (SocketsHttpHandler)handler;
    }

    private static int Count(string text, string pattern) => Regex.Count(text, pattern);

    [GeneratedRegex(@"[\d.]+ms")]
    private static partial Regex Duration();

    private interface ITyped
    {
        HttpClient Client { get; }
    }

    private sealed class Typed(HttpClient client) : ITyped
    {
        public HttpClient Client => client;
    }

    private sealed class Serial
    {
        public int Number { get; set; } = 1;
    }

    private sealed class Stamp(Serial serial) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Stamp", $"{serial.Number}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class OwnLogger(LogBook book) : IHttpClientLogger
    {
        public object? LogRequestStart(HttpRequestMessage request)
        {
            book.Write($"own start {request.RequestUri}");
            return book;
        }

        public void LogRequestStop(object? context, HttpRequestMessage request, HttpResponseMessage response, TimeSpan elapsed) =>
            book.Write($"own stop {context == book} {request.RequestUri} {(int)response.StatusCode}");

        public void LogRequestFailed(object? context, HttpRequestMessage request, HttpResponseMessage? response, Exception exception, TimeSpan elapsed) =>
            book.Write($"own failed {context == book} {request.RequestUri} {exception.Message}");
    }

    // What the factory logs; what is ours goes to categories of ours.
    private sealed class LogBook : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> Lines => _lines;

        public void Write(string line) => _lines.Enqueue(Duration().Replace(line, "DURATION"));

        public ILogger CreateLogger(string categoryName) => new Page(categoryName, this);

        public void Dispose()
        {
        }

        private sealed class Page(string category, LogBook book) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => !category.StartsWith("DnsAwareHttp", StringComparison.Ordinal);

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel))
                {
                    book.Write($"log {category} {logLevel} {eventId.Name}: {formatter(state, exception)} {exception?.GetType().Name}");
                }
            }
        }
    }
}
