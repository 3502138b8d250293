using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Tests.Sending;

public sealed class OriginUsageTests
{
    private static readonly DateTimeOffset Opened = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Opened.AddMinutes(1);

    private readonly OriginUsage _usage = new(Opened);

    [Fact]
    public void New_WasLastUsedWhenItWasOpened()
    {
        _usage.LastUsed(Later).Should().Be(Opened);
        _usage.WasUsed.Should().BeFalse();
        _usage.HasWaiting.Should().BeFalse();
        _usage.Sample(Later).Should().BeFalse();
    }

    [Fact]
    public void Mark_OnlyTheFirstOneBetweenSamplesIsTold()
    {
        _usage.Mark().Should().BeTrue();
        _usage.Mark().Should().BeFalse();
        _usage.LastUsed(Later).Should().Be(Later, "it is in use now");

        _usage.Sample(Later).Should().BeTrue();

        _usage.Sample(Later.AddMinutes(1)).Should().BeFalse();
        _usage.LastUsed(Later.AddMinutes(2)).Should().Be(Later);
        _usage.Mark().Should().BeTrue();
    }

    [Fact]
    public void Wait_CountsUntilEachWaitIsOver()
    {
        OriginUsage.Waiting one = _usage.Wait(isForDns: true);
        OriginUsage.Waiting other = _usage.Wait(isForDns: true);

        one.Dispose();
        _usage.HasWaiting.Should().BeTrue();
        other.Dispose();

        _usage.HasWaiting.Should().BeFalse();
    }

    [Fact]
    public void MarksWhileSamplesAreTaken_TheTimeOfTheLastUseNeverGoesBack()
    {
        const int Samples = 100_000;
        DateTimeOffset never = Opened.AddYears(9);
        long sampled = 0;
        bool isOver = false;
        Thread marks = new(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                _usage.Mark();
            }
        });
        Thread samples = new(() =>
        {
            for (int i = 1; i <= Samples; i++)
            {
                if (_usage.Sample(Opened.AddTicks(i)))
                {
                    Volatile.Write(ref sampled, i);
                }
            }

            Volatile.Write(ref isOver, true);
        });
        marks.Start();
        samples.Start();
        int backwards = 0;
        while (!Volatile.Read(ref isOver))
        {
            DateTimeOffset atLeast = Opened.AddTicks(Volatile.Read(ref sampled));
            if (_usage.LastUsed(never) < atLeast)
            {
                backwards++;
            }
        }

        marks.Join();
        samples.Join();
        backwards.Should().Be(0);
        _usage.Mark();
        _usage.Sample(Later).Should().BeTrue("no mark is lost");
        _usage.LastUsed(never).Should().Be(Later);
    }
}
