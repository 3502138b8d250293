using DnsAwareHttp.Resolution;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

public sealed class SampleTimerTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly CapturingLogger _log = new();
    private readonly SampleTimer _timer;
    private readonly List<string> _samples = [];

    public SampleTimerTests() => _timer = new SampleTimer(new SteadyClock(_clock), _log);

    public void Dispose()
    {
        _timer.End();
        _log.Dispose();
    }

    [Fact]
    public void Planned_IsTakenOnceAfterTheInterval_AndTheTimerRests()
    {
        _timer.Plan(() => _samples.Add("a"));

        _clock.Advance(SampleTimer.Interval - TimeSpan.FromMilliseconds(1));
        _samples.Should().BeEmpty();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _samples.Should().Equal("a");
        _clock.ActiveTimers.Should().Be(0);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _samples.Should().Equal("a");
    }

    [Fact]
    public void ManyOrigins_OneTimer_EachIsSampledInItsTime()
    {
        for (int i = 0; i < 100; i++)
        {
            string name = $"{i}";
            _timer.Plan(() => _samples.Add(name));
            _clock.ActiveTimers.Should().Be(1);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        _clock.Advance(SampleTimer.Interval - TimeSpan.FromMilliseconds(100));
        _samples.Should().StartWith("0");
        _clock.Advance(TimeSpan.FromMilliseconds(100) + SampleTimer.Grain);

        _samples.Should().Equal(Enumerable.Range(0, 100).Select(i => $"{i}"));
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void ASampleThatPlansTheNext_IsTakenOncePerInterval()
    {
        void Sample()
        {
            _samples.Add("a");
            _timer.Plan(Sample);
        }

        _timer.Plan(Sample);

        _clock.Advance(SampleTimer.Interval * 4);

        _samples.Should().HaveCount(4);
    }

    [Fact]
    public void OneThrows_ItIsLoggedAndTheOthersAreTaken()
    {
        _timer.Plan(() => throw new InvalidOperationException("test"));
        _timer.Plan(() => _samples.Add("b"));

        _clock.Advance(SampleTimer.Interval);

        _samples.Should().Equal("b");
        _log.Events.Should().Equal("BackgroundThrew");
    }

    [Fact]
    public async Task OneTakesLong_AnotherThreadTakesTheOthers()
    {
        using SemaphoreSlim entered = new(0);
        using ManualResetEventSlim mayLeave = new();
        _timer.Plan(() =>
        {
            entered.Release();
            mayLeave.Wait(TimeSpan.FromSeconds(30));
        });
        _timer.Plan(() => _samples.Add("b"));
        Task first = Task.Run(() => _clock.Advance(SampleTimer.Interval));
        (await entered.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();

        await Task.Run(() => _clock.Advance(SampleTimer.Grain)).WaitAsync(TimeSpan.FromSeconds(30));

        _samples.Should().Equal("b");
        mayLeave.Set();
        await first.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Ended_NoSampleIsTaken()
    {
        _timer.Plan(() => _samples.Add("a"));

        _timer.End();
        _clock.Advance(SampleTimer.Interval);

        _samples.Should().BeEmpty();
    }
}
