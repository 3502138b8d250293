using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class ChangeWatchTests
{
    private readonly CapturingLogger _log = new();
    private readonly WatchedResolver _resolver = new();
    private readonly List<IReadOnlySet<string>?> _changes = [];

    [Fact]
    public void Count_WatchesFromTheFirstUserToTheLast()
    {
        ChangeWatch watch = Watch(_resolver);
        watch.Count(1);
        watch.Count(1);
        watch.Count(-1);
        _resolver.IsWatched.Should().BeTrue();
        _resolver.Change("a.test");

        watch.Count(-1);

        _resolver.IsWatched.Should().BeFalse();
        _resolver.Watches.Should().Be(1);
        _changes.Should().ContainSingle().Which.Should().BeEquivalentTo("a.test");
    }

    [Fact]
    public void Stop_EndsTheWatchForGood()
    {
        ChangeWatch watch = Watch(_resolver);
        watch.Count(1);

        watch.Stop();
        watch.Count(1);

        _resolver.IsWatched.Should().BeFalse();
        _resolver.Watches.Should().Be(1);
    }

    [Fact]
    public void Resolver_ThrowsWhenWatched_IsLoggedAndWatchedWithTheNextUser()
    {
        ThrowingChanges changes = new();
        ChangeWatch watch = Watch(changes);

        watch.Count(1);
        watch.Count(1);

        changes.Calls.Should().Be(2);
        _log.Events.Should().Equal("BackgroundThrew", "BackgroundThrew");
    }

    [Fact]
    public void Resolver_CountsFromWithinItsWatch_OneWatchAtATime()
    {
        ReentrantChanges changes = new();
        changes.Watch = Watch(changes);

        changes.Watch.Count(1);

        changes.Begun.Should().Be(1);
        changes.Ended.Should().Be(1, "the count was 0 again before the watch had begun");
    }

    [Fact]
    public async Task Count_ByManyThreads_EndsAsItCounts()
    {
        ChangeWatch watch = Watch(_resolver);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                watch.Count(1);
                watch.Count(-1);
            }
        })));

        _resolver.IsWatched.Should().BeFalse();
        watch.Count(1);
        _resolver.IsWatched.Should().BeTrue();
    }

    private ChangeWatch Watch(INameChanges changes) => new(changes, new GuardedLogger(_log), _changes.Add);

    private sealed class ThrowingChanges : INameChanges
    {
        public int Calls { get; private set; }

        public IDisposable Watch(Action<IReadOnlySet<string>?> changed)
        {
            Calls++;
            throw new InvalidOperationException("no registry");
        }
    }

    private sealed class ReentrantChanges : INameChanges, IDisposable
    {
        public ChangeWatch? Watch { get; set; }

        public int Begun { get; private set; }

        public int Ended { get; private set; }

        IDisposable INameChanges.Watch(Action<IReadOnlySet<string>?> changed)
        {
            Begun++;
            Watch!.Count(-1);
            return this;
        }

        public void Dispose() => Ended++;
    }
}
