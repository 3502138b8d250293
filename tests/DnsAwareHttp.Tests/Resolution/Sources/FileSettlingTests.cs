using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class FileSettlingTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FileStat Old = Stat(10);
    private static readonly FileStat New = Stat(11);

    [Fact]
    public void Change_ThenTwoEqualLooks_IsDue()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Old, At(0)).Look(New, At(1_000)).Change();
        state.IsDue.Should().BeFalse("one look shows no rest");

        state = state.Look(New, At(1_100));

        state.IsDue.Should().BeTrue();
        state.Accepts(Whole(New), isUrgent: false).Should().BeTrue();
        state.Adopt().IsChanging.Should().BeFalse();
    }

    [Fact]
    public void Change_WriterGoesOn_IsDueAfterTheLimitAndReadOnceMoreLater()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Stat(0), At(0)).Change();
        for (int look = 1; look < 6; look++)
        {
            state = state.Look(Stat(look), At(look * 100));
            state.IsDue.Should().BeFalse();
            state.Accepts(Whole(Stat(99)), isUrgent: false).Should().BeFalse("the text is not the one that was seen");
        }

        state = state.Look(Stat(6), At(600));

        state.IsDue.Should().BeTrue();
        state.Accepts(Whole(Stat(99)), isUrgent: false).Should().BeTrue("the writer was waited for long enough");
        state.Adopt().ChangingSince.Should().Be(At(600));
    }

    [Fact]
    public void Missing_ForAMoment_IsARenameAndNotDue()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Old, At(0)).Look(default, At(1_000)).Change();
        state = state.Look(default, At(1_100)).Look(default, At(1_599));
        state.IsDue.Should().BeFalse();

        state = state.Look(New, At(1_650)).Look(New, At(1_750));

        state.IsDue.Should().BeTrue();
        state.Accepts(new FileReading.Missing(), isUrgent: false).Should().BeFalse();
    }

    [Fact]
    public void Missing_ForTheLimit_IsGone()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Old, At(0)).Look(default, At(1_000)).Change().Look(default, At(1_600));

        state.IsDue.Should().BeTrue();
        state.Accepts(new FileReading.Missing(), isUrgent: false).Should().BeTrue();
    }

    [Fact]
    public void Accepts_TornOrOther_OnlyWhatWasSeen()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Old, At(0)).Change();

        state.Accepts(new FileReading.Torn(), isUrgent: true).Should().BeFalse();
        state.Accepts(Whole(New), isUrgent: false).Should().BeFalse();
        state.Accepts(Whole(New), isUrgent: true).Should().BeTrue("the first answer cannot wait");
    }

    [Fact]
    public void Fail_ThenAdopt_IsReadableAgain()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Old, At(0)).Change().Look(Old, At(100)).Fail();
        (state.IsUnreadable, state.IsChanging).Should().Be((true, false));

        state = state.Look(Old, At(200)).Change().Look(Old, At(300)).Adopt();

        (state.IsUnreadable, state.IsChanging).Should().Be((false, false));
    }

    [Fact]
    public void HasRested_OnlyAChangeOfLongAgo()
    {
        FileSettling state = FileSettling.Begin(Start).Look(Old, At(0));

        state.HasRested(Start + FileSettling.Limit).Should().BeFalse();
        state.HasRested(Start + FileSettling.Limit + TimeSpan.FromTicks(1)).Should().BeTrue();
        FileSettling.Begin(Start).HasRested(Start + TimeSpan.FromDays(1)).Should().BeFalse("a missing file has no date");
    }

    private static FileStat Stat(int length) => new(true, "/etc/hosts", length, Start.UtcDateTime, Start.UtcDateTime);

    private static FileReading.Whole Whole(FileStat stat) => new("text", stat);

    private static DateTimeOffset At(int milliseconds) => Start + TimeSpan.FromMilliseconds(milliseconds);
}
