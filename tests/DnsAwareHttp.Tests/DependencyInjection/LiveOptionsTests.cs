using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace DnsAwareHttp.Tests.DependencyInjection;

/// <summary>The configuration changes while clients run.</summary>
public sealed class LiveOptionsTests : IAsyncLifetime
{
    private const int Changes = 200;
    private const int Workers = 12;

    private readonly ServiceCollection _services = new();
    private readonly ScriptedResolver _dns = new();
    private readonly CapturingLogger _log = new();
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private LoopbackServer _server = null!;
    private ServiceProvider? _provider;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1", "127.0.0.2", "::1");
        _dns.Says("svc.test", 30, "127.0.0.1", "127.0.0.2");
        _services.AddSingleton<INameResolver>(_dns).AddSingleton<ILoggerFactory>(_log);
    }

    public async Task DisposeAsync()
    {
        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task NewValue_IsWhatTheRunningClientGoesBy()
    {
        _configuration["Client:LoadBalancing"] = "PickFirst";
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        string only = await WhoAmI(client);
        (await WhoAmI(client)).Should().Be(only);

        Change(("Client:LoadBalancing", "RoundRobin"));

        await Eventually.Answers(() => WhoIsAsked(client), "both");
        _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsChanged").Which.Message.Should().Contain("\"x\"");
    }

    [Theory]
    [InlineData("InterNetwork", "InterNetworkV6", "127.0.0.1", "::1")]
    [InlineData("InterNetworkV6", "InterNetwork", "::1", "127.0.0.1")]
    public async Task AddressFamily_ChangesForTheNextRequest(string before, string after, string from, string to)
    {
        _dns.Says("svc.test", 30, "127.0.0.1", "::1");
        _configuration["Client:AddressFamily"] = before;
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        (await WhoAmI(client)).Should().Be(from);

        Change(("Client:AddressFamily", after));

        (await WhoAmI(client)).Should().Be(to);
        await Eventually.Holds(() => _server.OpenConnections == 1, "the connection of before is closed");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Other:Key", "anything")]
    [InlineData("Client:DrainTimeout", "00:05:00.000")]
    [InlineData("Client:MembershipByHost:SVC.test", "Strict")]
    [InlineData("Client:LoadBalancing", "leastrequests")]
    public async Task SameValues_ChangeNothing(string? key, string? value)
    {
        _configuration["Client:DrainTimeout"] = "00:05:00";
        _configuration["Client:MembershipByHost:svc.test"] = "Strict";
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"))
            .AddDnsAwareHandler(options => options.AddressFilter = address => !address.Equals(IPAddress.Parse("127.0.0.1")));
        using HttpClient client = Client("x");
        await WhoAmI(client);

        Change(key is null ? [] : [(key, value!)]);

        await WhoAmI(client);
        _server.ConnectionsTo("127.0.0.2").Should().Be(1);
        _log.Entries.Should().NotContain(entry => entry.Event == "OptionsChanged" || entry.Event == "OptionsRefused");
    }

    [Theory]
    [InlineData("MaxEndpointsPerOrigin", "0", "MaxEndpointsPerOrigin is 0")]
    [InlineData("DrainTimeuot", "00:02:00", "DrainTimeuot")]
    [InlineData("ConnectTimeout", "soon", "ConnectTimeout")]
    [InlineData("MembershipByHost:svc.test", "Lax", "Lax")]
    public async Task Mistake_IsLoggedAndTheOptionsOfBeforeStay(string key, string value, string problem)
    {
        _configuration["Client:LoadBalancing"] = "RoundRobin";
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        await WhoAmI(client);

        Change(($"Client:{key}", value), ("Client:LoadBalancing", "PickFirst"));

        (string _, string message, Exception? exception) = _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsRefused")
            .Which;
        message.Should().Contain("\"x\"").And.Contain(problem);
        exception.Should().NotBeNull();
        _log.Entries.Should().NotContain(entry => entry.Event == "OptionsChanged");
        await Eventually.Answers(() => WhoIsAsked(client), "both");
    }

    [Fact]
    public async Task AllMistakes_AreNamedTogether()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        await WhoAmI(client);

        Change(("Client:MaxEndpointsPerOrigin", "0"), ("Client:ConnectTimeout", "00:00:00"));

        _log.Entries.Where(entry => entry.Event == "OptionsRefused").Should()
            .Contain(entry => entry.Message.Contains("MaxEndpointsPerOrigin is 0") && entry.Message.Contains("ConnectTimeout is 00:00:00"));
    }

    [Fact]
    public async Task MistakeThatIsCorrected_TheNewValuesAreTaken()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        await WhoAmI(client);
        Change(("Client:MaxEndpointsPerOrigin", "0"));

        Change(("Client:MaxEndpointsPerOrigin", "1"));

        _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsChanged");
        await WhoAmI(client);
        Snapshot("x").Origins.Should().ContainSingle().Which.Endpoints.Where(endpoint => endpoint.State is not EndpointState.Draining)
            .Should().ContainSingle();
    }

    [Fact]
    public async Task SectionOfAllClients_ReachesEachOfThem()
    {
        _services.ConfigureHttpClientDefaults(builder => builder.AddDnsAwareHandler(_configuration.GetSection("Client")));
        _services.AddHttpClient("x").AddDnsAwareHandler(options => options.LoadBalancing = LoadBalancingPolicy.PickFirst);
        using HttpClient x = Client("x");
        using HttpClient never = Client("never mentioned");
        await WhoAmI(x);
        await WhoAmI(never);

        Change(("Client:MaxEndpointsPerOrigin", "1"));

        _log.Entries.Where(entry => entry.Event == "OptionsChanged").Select(entry => entry.Message).Should().HaveCount(2)
            .And.Contain(message => message.Contains("\"x\"")).And.Contain(message => message.Contains("\"never mentioned\""));
    }

    [Fact]
    public async Task SectionOfOneClient_LeavesTheOthersAlone()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("X"));
        _services.AddHttpClient("y").AddDnsAwareHandler(_configuration.GetSection("Y"));
        using HttpClient x = Client("x");
        using HttpClient y = Client("y");
        await WhoAmI(x);
        await WhoAmI(y);

        Change(("Y:MaxEndpointsPerOrigin", "1"));

        _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsChanged").Which.Message.Should().Contain("\"y\"");
    }

    [Fact]
    public async Task ClientThatIsNotUsedYet_BeginsWithTheNewValues()
    {
        _configuration["Client:AddressFamily"] = "InterNetwork";
        _dns.Says("svc.test", 30, "127.0.0.1", "::1");
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        _provider = _services.BuildServiceProvider();
        _provider.GetRequiredService<IOptionsMonitor<DnsAwareOptions>>().Get("x").AddressFamily.Should().Be(AddressFamily.InterNetwork);
        using HttpClient made = Client("x");

        Change(("Client:AddressFamily", "InterNetworkV6"));

        (await WhoAmI(made)).Should().Be("::1");
    }

    [Fact]
    public void Monitor_HearsOfTheChange()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        _provider = _services.BuildServiceProvider();
        IOptionsMonitor<DnsAwareOptions> monitor = _provider.GetRequiredService<IOptionsMonitor<DnsAwareOptions>>();
        List<(string? Name, int Endpoints)> heard = [];
        using IDisposable? listening = monitor.OnChange((options, name) => heard.Add((name, options.MaxEndpointsPerOrigin)));

        Change(("Client:MaxEndpointsPerOrigin", "7"));

        heard.Should().Equal(("x", 7));
    }

    [Fact]
    public async Task ChangeSourceOfOnesOwn_IsHeardToo()
    {
        using OwnSource source = new("x");
        int most = 64;
        _services.AddSingleton<IOptionsChangeTokenSource<DnsAwareOptions>>(source);
        _services.AddHttpClient("x").AddDnsAwareHandler(options => options.MaxEndpointsPerOrigin = most);
        using HttpClient client = Client("x");
        await WhoAmI(client);

        most = 1;
        source.Fire();

        _log.Entries.Should().ContainSingle(entry => entry.Event == "OptionsChanged");
    }

    [Fact]
    public async Task ResponseUnderWay_EndsWithItsLastByteAndStaysInSight()
    {
        _dns.Says("svc.test", 30, "127.0.0.1");
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        using HttpResponseMessage open = await client.GetAsync("/gated", HttpCompletionOption.ResponseHeadersRead);

        Change(("Client:DrainTimeout", "00:00:00.001"));

        Snapshot("x").Origins.Should().ContainSingle().Which.Endpoints.Select(endpoint => endpoint.State).Should()
            .BeEquivalentTo([EndpointState.Draining, EndpointState.Idle]);
        await WhoAmI(client);
        _server.Gate.SetResult();
        (await open.Content.ReadAsStringAsync()).Should()
            .Be("0123456789abcdefghij", "the options of before have no deadline, and leaving for a change of options has none");
        await Eventually.Holds(() => _server.OpenConnections == 1, "the connection of before is closed");
    }

    [Fact]
    public async Task ContainerIsDisposed_ChangesAreNotHeardAnyMore()
    {
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"));
        using HttpClient client = Client("x");
        await WhoAmI(client);
        await _provider!.DisposeAsync();

        Change(("Client:MaxEndpointsPerOrigin", "1"));

        _log.Entries.Should().NotContain(entry => entry.Event == "OptionsChanged" || entry.Event == "OptionsRefused");
        await Eventually.Holds(() => _server.OpenConnections == 0, "all connections are closed");
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, false)]
    [InlineData(HttpProtocols.Http2, false)]
    [InlineData(HttpProtocols.Http1AndHttp2, true)]
    public async Task ChangesUnderLoad_FailNoRequestAndLeaveNothing(HttpProtocols protocols, bool tls)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls, null, "127.0.0.1", "127.0.0.2");
        _services.AddHttpClient("x").AddDnsAwareHandler(_configuration.GetSection("Client"))
            .UseSocketsHttpHandler((handler, _) => handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true);
        using HttpClient client = Client("x");
        client.BaseAddress = new Uri($"{(tls ? "https" : "http")}://svc.test:{server.Port}");
        client.DefaultRequestVersion = protocols == HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        ConcurrentQueue<string> failures = [];
        int answered = 0;
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker)))];

        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(10));
        for (int change = 1; change <= Changes; change++)
        {
            await tick.WaitForNextTickAsync();
            Change(("Client:DrainTimeout", TimeSpan.FromMinutes(change).ToString()));
        }

        await Eventually.Holds(() => Volatile.Read(ref answered) > Workers, "requests were answered");
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        DnsAwareHandler handler = Handler("x");
        await _provider!.DisposeAsync();
        await handler.WhenDrained();

        failures.Should().BeEmpty();
        _log.Entries.Count(entry => entry.Event == "OptionsChanged").Should().Be(Changes);
        _log.Entries.Should().NotContain(entry => entry.Event == "EndpointFailing");
        await Eventually.Holds(() => server.OpenConnections == 0, "all sockets close");

        async Task WorkAsync(int worker)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    using HttpRequestMessage request = new(
                        worker % 3 == 0 ? HttpMethod.Post : HttpMethod.Get, worker % 3 == 0 ? "/echo" : "/whoami")
                    {
                        Version = client.DefaultRequestVersion,
                        VersionPolicy = client.DefaultVersionPolicy,
                        Content = worker % 3 == 0 ? new ByteArrayContent(new byte[20_000]) : null,
                    };

                    // Both ways of sending, where there are two.
                    using HttpResponseMessage response = worker % 2 == 0 && protocols == HttpProtocols.Http1
                        ? client.Send(request, CancellationToken.None)
                        : await client.SendAsync(request, CancellationToken.None);
                    byte[] body = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
                    if (response.StatusCode != HttpStatusCode.OK || (worker % 3 == 0 && body.Length != 20_000))
                    {
                        failures.Enqueue($"{response.StatusCode}, {body.Length} bytes");
                    }

                    Interlocked.Increment(ref answered);
                }
                catch (Exception exception)
                {
                    failures.Enqueue(exception.ToString());
                }
            }
        }
    }

    private static async Task<string> WhoAmI(HttpClient client) => await client.GetStringAsync("/whoami");

    private static async Task<string> WhoIsAsked(HttpClient client) => await WhoAmI(client) == await WhoAmI(client) ? "one" : "both";

    private HttpClient Client(string name)
    {
        _provider ??= _services.BuildServiceProvider();
        HttpClient client = _provider.GetRequiredService<IHttpClientFactory>().CreateClient(name);
        client.BaseAddress = new Uri($"http://svc.test:{_server.Port}");
        return client;
    }

    private DnsAwareHandler Handler(string name)
    {
        HttpMessageHandler? handler = _provider!.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);
        while (handler is not DnsAwareHandler)
        {
            handler = ((DelegatingHandler)handler!).InnerHandler;
        }

        return (DnsAwareHandler)handler;
    }

    private DnsAwareSnapshot Snapshot(string name) => Handler(name).GetSnapshot();

    // The monitor of options, where there is one, throws at whoever reloads when values are wrong.
    private void Change(params (string Key, string? Value)[] values)
    {
        foreach ((string key, string? value) in values)
        {
            _configuration[key] = value;
        }

        try
        {
            _configuration.Reload();
        }
        catch (AggregateException)
        {
        }
    }

    private sealed class OwnSource(string name) : IOptionsChangeTokenSource<DnsAwareOptions>, IDisposable
    {
        private CancellationTokenSource _change = new();

        public string Name => name;

        public IChangeToken GetChangeToken() => new CancellationChangeToken(_change.Token);

        public void Fire()
        {
            using CancellationTokenSource fired = Interlocked.Exchange(ref _change, new CancellationTokenSource());
            fired.Cancel();
        }

        public void Dispose() => _change.Dispose();
    }
}
