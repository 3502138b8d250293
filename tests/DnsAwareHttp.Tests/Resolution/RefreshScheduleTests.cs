using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class RefreshScheduleTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<(string Name, TimeSpan At)> _due = [];
    private readonly RefreshSchedule _schedule;
    private readonly DateTimeOffset _start;

    public RefreshScheduleTests()
    {
        _start = _time.GetUtcNow();
        _schedule = new RefreshSchedule(new SteadyClock(_time), NullLogger.Instance, OnDue);
    }

    public void Dispose() => _schedule.Dispose();

    [Fact]
    public void Plan_EachName_IsDueOnceAtItsTime()
    {
        Plan(Entry("b.test"), seconds: 2).Should().BeTrue();
        Plan(Entry("a.test"), seconds: 1).Should().BeTrue();

        _time.Advance(TimeSpan.FromMinutes(1));

        _due.Should().Equal(("a.test", TimeSpan.FromSeconds(1)), ("b.test", TimeSpan.FromSeconds(2)));
        _time.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Plan_AnEarlierOneIsPlanned_ChangesNothing()
    {
        CacheEntry entry = Entry("a.test");
        Plan(entry, seconds: 1);

        Plan(entry, seconds: 2).Should().BeFalse();
        _time.Advance(TimeSpan.FromMinutes(1));

        _due.Should().Equal(("a.test", TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Plan_Earlier_TakesThePlaceOfTheLaterOne()
    {
        CacheEntry entry = Entry("a.test");
        Plan(entry, seconds: 2);

        Plan(entry, seconds: 1).Should().BeTrue();
        _time.Advance(TimeSpan.FromMinutes(1));

        _due.Should().Equal(("a.test", TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Plan_InThePast_IsDueAtOnce()
    {
        Plan(Entry("a.test"), seconds: -5);

        _time.Advance(TimeSpan.Zero);

        _due.Should().ContainSingle();
    }

    [Fact]
    public void Forget_NameIsNotDueAnyMore_AndCanBePlannedAnew()
    {
        CacheEntry entry = Entry("a.test");
        Plan(entry, seconds: 1);

        _schedule.Forget(entry);
        _schedule.Forget(entry);
        _time.Advance(TimeSpan.FromSeconds(1));
        _due.Should().BeEmpty();

        Plan(entry, seconds: 3);
        _time.Advance(TimeSpan.FromMinutes(1));
        _due.Should().ContainSingle();
    }

    [Fact]
    public void Plan_AgainAndAgain_TheQueueStaysShort()
    {
        CacheEntry entry = Entry("a.test");
        for (int seconds = 100_000; seconds > 0; seconds--)
        {
            Plan(entry, seconds);
        }

        _schedule.Length.Should().BeLessThan(100);
        _time.Advance(TimeSpan.FromDays(2));
        _due.Should().Equal(("a.test", TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Forget_ManyNames_TheQueueStaysShort()
    {
        for (int i = 0; i < 10_000; i++)
        {
            CacheEntry entry = Entry($"n{i}.test");
            Plan(entry, seconds: 600);
            _schedule.Forget(entry);
        }

        _schedule.Length.Should().BeLessThan(100);
    }

    [Fact]
    public void Dispose_NothingIsDueAnyMore()
    {
        Plan(Entry("a.test"), seconds: 1);

        _schedule.Dispose();
        _time.Advance(TimeSpan.FromMinutes(1));

        _due.Should().BeEmpty();
        Plan(Entry("b.test"), seconds: 1).Should().BeFalse();
        _time.ActiveTimers.Should().Be(0);
    }

    private static CacheEntry Entry(string host) => new(Question.ForAddresses(host, AddressFamily.Unspecified));

    private bool Plan(CacheEntry entry, int seconds) => _schedule.Plan(entry, _start + TimeSpan.FromSeconds(seconds));

    private void OnDue(CacheEntry entry)
    {
        OrderedLock.IsAnyHeld.Should().BeFalse();
        _due.Add((entry.Question.Name, _time.GetUtcNow() - _start));
    }
}
