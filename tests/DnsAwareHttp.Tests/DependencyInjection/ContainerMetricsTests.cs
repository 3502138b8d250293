using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DnsAwareHttp.Tests.DependencyInjection;

/// <summary>Each container measures with its own <see cref="IMeterFactory"/>.</summary>
public sealed class ContainerMetricsTests : IAsyncLifetime
{
    private readonly ScriptedResolver _dns = new();
    private readonly string _host = $"{Guid.NewGuid():N}.test";
    private LoopbackServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        _dns.Says(_host, 30, "127.0.0.1");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Container_MeasuresWithItsOwnFactory()
    {
        await using ServiceProvider container = Build();
        using Ear ear = new(container.GetRequiredService<IMeterFactory>(), _host);
        using Ear ofTheProcess = new(scope: null, _host);

        await AskAsync(container);

        ear.Heard.Should().Contain("dnsaware.lookup.duration").And.Contain("dnsaware.request.count");
        ofTheProcess.Heard.Should().BeEmpty();
    }

    [Fact]
    public async Task TwoContainers_CountApart_AndOneGoesOnWithoutTheOther()
    {
        ServiceProvider one = Build();
        await using ServiceProvider two = Build();
        using Ear earOfOne = new(one.GetRequiredService<IMeterFactory>(), _host);
        using Ear earOfTwo = new(two.GetRequiredService<IMeterFactory>(), _host);
        await AskAsync(one);
        await AskAsync(two);
        await AskAsync(two);

        earOfOne.Heard.Count(static name => name == "dnsaware.request.count").Should().Be(1);
        earOfTwo.Heard.Count(static name => name == "dnsaware.request.count").Should().Be(2);
        earOfOne.Look().Should().Contain("dnsaware.endpoint.count");

        await one.DisposeAsync();

        earOfOne.Look().Should().BeEmpty("the container has ended");
        earOfTwo.Look().Where(static name => name == "dnsaware.answer.age").Should().ContainSingle("the other one has not");
        await AskAsync(two);
        earOfTwo.Heard.Count(static name => name == "dnsaware.request.count").Should().Be(3);
    }

    [Fact]
    public async Task CacheOfTheApplicationInTwoContainers_MeasuresItsLookupsOnceWithTheMeterOfTheProcess()
    {
        await using DnsCache cache = new(resolver: _dns);
        await using ServiceProvider one = Build(cache);
        await using ServiceProvider two = Build(cache);
        using Ear earOfOne = new(one.GetRequiredService<IMeterFactory>(), _host);
        using Ear earOfTwo = new(two.GetRequiredService<IMeterFactory>(), _host);
        using Ear ofTheProcess = new(scope: null, _host);

        await AskAsync(one);
        await AskAsync(two);

        ofTheProcess.Heard.Should().Equal("dnsaware.lookup.duration");
        earOfOne.Heard.Should().Contain("dnsaware.request.count").And.NotContain("dnsaware.lookup.duration");
        earOfTwo.Heard.Should().Contain("dnsaware.request.count").And.NotContain("dnsaware.lookup.duration");
    }

    [Fact]
    public async Task WithoutAContainer_TheMeterOfTheProcessMeasures()
    {
        using Ear ofTheProcess = new(scope: null, _host);
        await using DnsCache cache = new(resolver: _dns);
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), cache: cache));

        await client.GetStringAsync($"http://{_host}:{_server.Port}/whoami");

        ofTheProcess.Heard.Should().Contain("dnsaware.lookup.duration").And.Contain("dnsaware.request.count");
    }

    private Task<string> AskAsync(ServiceProvider container) =>
        container.GetRequiredService<IHttpClientFactory>().CreateClient("orders").GetStringAsync($"http://{_host}:{_server.Port}/whoami");

    private ServiceProvider Build(DnsCache? cache = null)
    {
        ServiceCollection services = new();
        services.AddSingleton<INameResolver>(_dns);
        if (cache is not null)
        {
            services.AddSingleton(cache);
        }

        services.AddHttpClient("orders").AddDnsAwareHandler();
        return services.BuildServiceProvider();
    }

    /// <summary>Hears the meter of one factory, or that of the process, about one host.</summary>
    private sealed class Ear : IDisposable
    {
        private readonly ConcurrentQueue<string> _heard = new();
        private readonly MeterListener _listener = new();
        private readonly string _host;

        public Ear(object? scope, string host)
        {
            _host = host;
            DnsAwareMetrics.Of(factory: null);
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == DnsAwareMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, scope))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Hear(instrument, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear(instrument, tags));
            _listener.Start();
        }

        public IReadOnlyCollection<string> Heard => [.. _heard.Where(static name => name is "dnsaware.lookup.duration" or "dnsaware.request.count")];

        public string[] Look()
        {
            int before = _heard.Count;
            _listener.RecordObservableInstruments();
            return [.. _heard.Skip(before)];
        }

        public void Dispose() => _listener.Dispose();

        private void Hear(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Value is string text && text == _host)
                {
                    _heard.Enqueue(instrument.Name);
                }
            }
        }
    }
}
