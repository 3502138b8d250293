using System.Diagnostics.Metrics;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class DnsAwareMetricsTests
{
    [Fact]
    public void OneFactory_HasOneMeter_AndAnotherHasItsOwn()
    {
        using MeasuredMeters one = new();
        using MeasuredMeters two = new();

        DnsAwareMetrics.Of(one).Should().BeSameAs(DnsAwareMetrics.Of(one)).And.NotBeSameAs(DnsAwareMetrics.Of(two));
        DnsAwareMetrics.Of(factory: null).Should().BeSameAs(DnsAwareMetrics.Default);
        one.Meters.Should().ContainSingle();
    }

    [Fact]
    public void ManyThreadsAtATime_MakeOneMeter()
    {
        using MeasuredMeters meters = new();

        Parallel.For(0, 100, _ => DnsAwareMetrics.Of(meters));

        meters.Meters.Should().ContainSingle();
        meters.Instruments.Select(static instrument => instrument.Name).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void FactoryThatThrows_CostsItsMetricsOnly()
    {
        DnsAwareMetrics metrics = DnsAwareMetrics.Of(new BrokenFactory());

        metrics.OriginOf("svc.test", 80).OnJoined();

        metrics.Instruments.Should().BeNull();
    }

    [Fact]
    public void OriginsOfOneNameAndPort_AreOne()
    {
        DnsAwareMetrics metrics = DnsAwareMetrics.Of(factory: null);

        metrics.OriginOf("svc.test", 80).Should().BeSameAs(metrics.OriginOf("svc.test", 80)).And.NotBeSameAs(metrics.OriginOf("svc.test", 81));
    }

    [Fact]
    public void Lookup_IsMeasuredInSeconds()
    {
        using MeasuredMeters meters = new();

        DnsAwareMetrics.Of(meters).LookedUp("svc.test", new Answer.Empty(EmptyReason.NoData, TimeSpan.Zero).From("DNS"), TimeSpan.FromMilliseconds(1500));

        meters.Of("dnsaware.lookup.duration").Should().Equal("1.5 dns.question.name=svc.test lookup.outcome=nodata lookup.source=dns");
    }

    [Fact]
    public void FactoryThatIsDropped_IsCollectedWithItsMetrics()
    {
        WeakReference metrics = MakeAndDrop();

        for (int i = 0; i < 10 && metrics.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        metrics.IsAlive.Should().BeFalse();
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference MakeAndDrop()
    {
        using MeasuredMeters meters = new();
        return new WeakReference(DnsAwareMetrics.Of(meters));
    }

    private sealed class BrokenFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options) => throw new ObjectDisposedException(nameof(BrokenFactory));

        public void Dispose()
        {
        }
    }
}
