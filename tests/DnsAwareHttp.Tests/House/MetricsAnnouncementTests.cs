using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.Loader;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.House;

/// <summary>
/// The instruments are announced to listeners once in a process. A second copy of the library, loaded beside the first, announces them again.
/// </summary>
public sealed class MetricsAnnouncementTests
{
    [Fact]
    public void ListenerThrowsAtEachInstrument_ACacheIsMadeAllTheSame()
    {
        Assembly copy = LoadCopy();
        List<string> announced = [];
        using MeterListener listener = Listen(instrument =>
        {
            announced.Add(instrument.Name);
            throw new InvalidOperationException("the listener fails");
        });

        using IDisposable cache = MakeCache(copy);

        announced.Should().HaveCountGreaterThan(5).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Instruments_AreAnnouncedWhenTheFirstCacheIsMade_UnderNoLock()
    {
        Assembly copy = LoadCopy();
        PropertyInfo isAnyHeld = copy.GetType("DnsAwareHttp.Concurrency.OrderedLock", throwOnError: true)!
            .GetProperty("IsAnyHeld", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        List<bool> underLocks = [];
        using MeterListener listener = Listen(_ => underLocks.Add((bool)isAnyHeld.GetValue(null)!));

        using IDisposable cache = MakeCache(copy);

        underLocks.Should().NotBeEmpty().And.AllBeEquivalentTo(false);
    }

    private static MeterListener Listen(Action<Instrument> published)
    {
        MeterListener listener = new();
        DnsAwareMetrics.Of(factory: null); // The instruments of the first copy are told before this listener listens.
        listener.Start();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == DnsAwareMetrics.MeterName)
            {
                published(instrument);
            }
        };
        return listener;
    }

    private static IDisposable MakeCache(Assembly copy) =>
        (IDisposable)Activator.CreateInstance(copy.GetType("DnsAwareHttp.DnsCache", throwOnError: true)!, null, null, null, null)!;

    private static Assembly LoadCopy()
    {
        AssemblyLoadContext context = new("a second copy", isCollectible: false);
        return context.LoadFromAssemblyPath(typeof(DnsCache).Assembly.Location);
    }
}
