using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class PolledFileTests : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ManualTimeProvider _clock = new();
    private readonly CapturingLogger _log = new();
    private readonly TemporaryFile _temporary = new();
    private readonly List<string> _changes = [];
    private readonly PolledFile<string> _file;
    private int _parsed;

    public PolledFileTests()
    {
        _temporary.Write("one");
        _file = new PolledFile<string>(_temporary.Path, Period, Parse, _clock, _log, isNamed: true);
    }

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void WithoutAWatch_TheFileIsCheckedOnceAPeriod()
    {
        _file.Current.Should().Be("one");
        _file.Known.Should().BeNull();
        _temporary.Write("two");
        _clock.Advance(Period - TimeSpan.FromMilliseconds(1));
        _file.Current.Should().Be("one");

        _clock.Advance(TimeSpan.FromMilliseconds(1));

        _file.Current.Should().Be("two");
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Watch_ReportsAChangeOnceItsWriterIsDone()
    {
        _file.Current.Should().Be("one");
        using IDisposable watch = Watch();
        _file.Known.Should().Be("one");
        _temporary.Write("two");
        _clock.Advance(Period);
        _changes.Should().BeEmpty("the writer may go on");

        _clock.Advance(FileSettling.Interval);

        _changes.Should().Equal("one > two");
        _file.Known.Should().Be("two");
    }

    [Fact]
    public void SameText_WrittenAgain_IsNoChange()
    {
        string before = _file.Current;
        using IDisposable watch = Watch();
        _temporary.Replace("one");
        _clock.Advance(3 * Period);

        _file.Known.Should().BeSameAs(before);
        _parsed.Should().Be(1);
        _changes.Should().BeEmpty();
    }

    [Fact]
    public void OtherTextOfTheSameLengthAndTime_IsAChange()
    {
        DateTimeOffset written = new(2025, 2, 1, 0, 0, 0, TimeSpan.Zero);
        _temporary.Write("one", written);
        _file.Current.Should().Be("one");
        using IDisposable watch = Watch();
        _temporary.Write("two", written);

        _clock.Advance(Period + FileSettling.Interval);

        _changes.Should().Equal("one > two");
    }

    [Fact]
    public void WatchThatEnded_ReportsNothing_AndTheNextReportsWhatChangedMeanwhile()
    {
        _file.Current.Should().Be("one");
        Watch().Dispose();
        _clock.ActiveTimers.Should().Be(0);
        _temporary.Write("two");
        _clock.Advance(2 * Period);
        _file.Current.Should().Be("two");
        _changes.Should().BeEmpty();

        using IDisposable watch = Watch();

        _changes.Should().Equal("one > two");
    }

    [Fact]
    public void FileThatNobodyAskedFor_IsNotReadByTheWatchItself()
    {
        using IDisposable watch = Watch();
        _parsed.Should().Be(0);

        _clock.Advance(TimeSpan.Zero);

        _file.Known.Should().Be("one", "the first poll reads it");
        _changes.Should().BeEmpty();
    }

    [Fact]
    public void DeletedFile_CountsAsEmptyAfterAWhile()
    {
        _file.Current.Should().Be("one");
        using IDisposable watch = Watch();
        _temporary.Delete();
        _clock.Advance(Period + FileSettling.Interval);
        _file.Known.Should().Be("one", "it may be being renamed");

        _clock.Advance(FileSettling.Limit);

        _changes.Should().Equal("one > nothing");
        _log.Events.Should().Equal("FileMissing");
    }

    [Fact]
    public void ListenerThatThrows_IsLogged_AndThePollGoesOn()
    {
        _file.Current.Should().Be("one");
        using IDisposable watch = _file.Watch(static (_, _) => throw new InvalidOperationException());
        _temporary.Write("two");
        _clock.Advance(Period + FileSettling.Interval);
        _log.Events.Should().Contain("FilePollThrew");
        _temporary.Write("three");

        _clock.Advance(Period + FileSettling.Interval);

        _file.Known.Should().Be("three");
    }

    [Fact]
    public void WatchForAnyName_NamesNone()
    {
        List<IReadOnlySet<string>?> names = [];
        _file.Current.Should().Be("one");
        using IDisposable watch = _file.WatchForAnyName(names.Add);
        _temporary.Write("two");

        _clock.Advance(Period + FileSettling.Interval);

        names.Should().ContainSingle().Which.Should().BeNull();
    }

    private IDisposable Watch() => _file.Watch((before, after) => _changes.Add($"{before} > {after}"));

    private string Parse(string? text)
    {
        _parsed++;
        return text ?? "nothing";
    }
}
