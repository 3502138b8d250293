using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Simulation;

namespace DnsAwareHttp.Tests.Handlers;

[Collection(nameof(Alone))]
public sealed class SettingsFreezeTests
{
    [Fact]
    public void EachSetter_ThrowsAsAfterAFirstRequest()
    {
        using SocketsHttpHandler handler = new();

        SettingsFreeze.Freeze(handler);

        handler.Invoking(h => h.MaxConnectionsPerServer = 3).Should().Throw<InvalidOperationException>();
        handler.Invoking(h => h.UseCookies = false).Should().Throw<InvalidOperationException>();
        handler.Invoking(h => h.ConnectCallback = null).Should().Throw<InvalidOperationException>();
        handler.Invoking(h => h.MeterFactory = null).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Settings_StayWhatTheyWere()
    {
        using RecordedMeters meters = new();
        WebProxy proxy = new("http://proxy.test:3128");
        DistributedContextPropagator propagator = DistributedContextPropagator.CreatePassThroughPropagator();
        using SocketsHttpHandler handler = new() { MeterFactory = meters, Proxy = proxy, UseProxy = false, ActivityHeadersPropagator = propagator };

        SettingsFreeze.Freeze(handler);

        handler.MeterFactory.Should().BeSameAs(meters);
        handler.Proxy.Should().BeSameAs(proxy);
        handler.UseProxy.Should().BeFalse();
        handler.ActivityHeadersPropagator.Should().BeSameAs(propagator);
        meters.Measurements.Should().BeEmpty();
    }

    [Fact]
    public void Nobody_HearsOfIt()
    {
        List<string> heard = [];
        using MeterListener metrics = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "System.Net.Http")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        metrics.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Hear(instrument.Name, tags));
        metrics.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Hear(instrument.Name, tags));
        metrics.Start();
        using RecordedActivities activities = new(static activity => (activity.GetTagItem("server.address") as string)?.StartsWith("frozen") == true);
        using SocketsHttpHandler handler = new();

        SettingsFreeze.Freeze(handler);

        heard.Should().BeEmpty();
        activities.Stopped.Should().BeEmpty();

        void Hear(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Value is "frozen.invalid")
                {
                    heard.Add(instrument);
                }
            }
        }
    }

    [Fact]
    public void Freeze_IsSeenByNoListenerOfAnyKind()
    {
        using EveryListener listener = new();
        using SocketsHttpHandler handler = new();

        SettingsFreeze.Freeze(handler);

        listener.Seen.Should().BeEmpty();
        handler.Invoking(h => h.UseCookies = false).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Frozen_Twice_IsNothing()
    {
        using SocketsHttpHandler handler = new();
        SettingsFreeze.Freeze(handler);
        IMeterFactory? meters = handler.MeterFactory;

        handler.Invoking(SettingsFreeze.Freeze).Should().NotThrow();

        handler.MeterFactory.Should().BeSameAs(meters);
    }

    [Fact]
    public void Disposed_IsSaid()
    {
        SocketsHttpHandler handler = new();
        handler.Dispose();

        handler.Invoking(SettingsFreeze.Freeze).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task AfterTheFirstRequest_TheWrappedHandlersSettersThrow()
    {
        ScriptedResolver dns = new();
        using DnsCache cache = new(resolver: dns);
        SocketsHttpHandler wrapped = new();
        using HttpClient client = new(new DnsAwareHandler(wrapped, null, cache));
        wrapped.MaxConnectionsPerServer = 2;

        await client.Invoking(c => c.GetAsync("http://unknown.test/")).Should().ThrowAsync<HttpRequestException>();

        wrapped.Invoking(w => w.MaxConnectionsPerServer = 3).Should().Throw<InvalidOperationException>();
        wrapped.MaxConnectionsPerServer.Should().Be(2);
    }
}
