using System.Diagnostics.Metrics;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class TagSetTests : IDisposable
{
    private readonly Meter _meter = new($"{nameof(TagSetTests)} {Guid.NewGuid():N}");
    private readonly MeterListener _listener = new();
    private readonly TagSet _tags = new(Tags.Of("one", 1));
    private readonly Counter<long> _counter;
    private readonly Histogram<double> _histogram;

    public TagSetTests()
    {
        _counter = _meter.CreateCounter<long>("counter");
        _histogram = _meter.CreateHistogram<double>("histogram");
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Count_IsToldWithAllTags()
    {
        List<string> told = Listen();

        _tags.Count(_counter);
        _tags.Count(_counter, 3, Tags.Of("two", "b"));
        _tags.With("three", 3).Count(_counter, 4);
        _tags.Count(_counter, 0, Tags.Of("two", "nothing"));
        _tags.Record(_histogram, TimeSpan.FromMilliseconds(1500), Tags.Of("two", "b"));

        told.Should().Equal("counter 1 one=1", "counter 3 one=1 two=b", "counter 4 one=1 three=3", "histogram 1.5 one=1 two=b");
    }

    [Fact]
    public void ListenerThatThrows_HarmsNoOne()
    {
        Listen(static () => throw new InvalidOperationException("the listener fails"));

        _tags.Count(_counter);
        _tags.Count(_counter, 1, Tags.Of("two", 2));
        _tags.Record(_histogram, TimeSpan.Zero);
    }

    [Fact]
    public void UnderALock_TheListenerIsToldAfterTheRelease()
    {
        OrderedLock sync = new(LockRank.Origin);
        List<bool> underLock = [];
        Listen(() => underLock.Add(OrderedLock.IsAnyHeld));

        using (sync.Enter())
        {
            _tags.Count(_counter);
            _tags.Count(_counter, 1, Tags.Of("two", 2));
            _tags.Record(_histogram, TimeSpan.Zero);
            underLock.Should().BeEmpty();
        }

        underLock.Should().Equal(false, false, false);
    }

    [Fact]
    public void WithoutAListener_NothingIsAllocated()
    {
        _tags.Count(_counter); // Compiled.
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            _tags.Count(_counter);
            _tags.Count(null);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void WithAListener_CountingARequestAllocatesNothing()
    {
        long heard = 0;
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => heard += value);
        _listener.EnableMeasurementEvents(_counter);
        _listener.Start();
        _tags.Count(_counter);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            _tags.Count(_counter);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        heard.Should().Be(1_001);
    }

    private List<string> Listen(Action? heard = null)
    {
        List<string> told = [];
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.EnableMeasurementEvents(_counter);
        _listener.EnableMeasurementEvents(_histogram);
        _listener.Start();
        return told;

        void Hear<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            told.Add(FormattableString.Invariant($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))}"));
            heard?.Invoke();
        }
    }
}
