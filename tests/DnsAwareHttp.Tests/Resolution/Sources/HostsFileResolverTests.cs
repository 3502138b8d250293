using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class HostsFileResolverTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly CapturingLogger _log = new();
    private readonly TemporaryFile _file = new();
    private readonly List<string> _changes = [];
    private readonly HostsFileResolver _hosts;
    private IDisposable? _watch;

    public HostsFileResolverTests() => _hosts = new HostsFileResolver(_file.Path, _clock, _log);

    public void Dispose()
    {
        _watch?.Dispose();
        _file.Dispose();
    }

    [Fact]
    public async Task ListedName_IsCompleteAndLastsForEver()
    {
        _file.Write("10.0.0.1 svc.test\n");
        (await _hosts.ResolveAsync("svc.test", default)).Should().BeOfType<Answer.Found>().Which.Should().BeEquivalentTo(
            new { Ttl = TimeSpan.MaxValue, IsComplete = true, FailedFamily = AddressFamily.Unspecified }, static options => options.IncludingInternalProperties());
        (await _hosts.ResolveAsync("other.test", default)).Should().BeOfType<Answer.Empty>();
        _hosts.Find("svc.test", AddressFamily.InterNetworkV6).Should().BeNull();
    }

    [Fact]
    public void Change_IsSeenWithinASecond_AndReportedWithItsNames()
    {
        _file.Write("10.0.0.1 svc.test\n10.0.0.5 other.test\n");
        Watch();
        _file.Write("10.0.0.2 svc.test\n10.0.0.5 other.test\n");
        Advance(300);
        Addresses().Should().Be("10.0.0.2");
        _changes.Should().Equal("svc.test");
        _log.TextsOf("FileChanged").Should().ContainSingle();
    }

    [Fact]
    public void ReplacementByRename_IsSeen()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        _file.Replace("10.0.0.2 svc.test\n");
        Advance(300);
        Addresses().Should().Be("10.0.0.2");
    }

    [Fact]
    public void SecondChange_IsSeenToo()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        _file.Write("10.0.0.2 svc.test\n");
        Advance(1_000);
        _file.Write("10.0.0.3 svc.test\n");
        Advance(1_000);
        Addresses().Should().Be("10.0.0.3");
        _changes.Should().Equal("svc.test", "svc.test");
    }

    [Fact]
    public void HalfWrittenFile_IsNotRead()
    {
        _file.Write("10.0.0.1 svc.test\n10.0.0.1 tail.test\n");
        Watch();
        _file.Write("10.0.0.2 svc.test\n");
        Advance(200);
        Addresses("tail.test").Should().Be("10.0.0.1");
        _file.Write("10.0.0.2 svc.test\n10.0.0.2 tail.test\n");
        Advance(100);
        Addresses("tail.test").Should().Be("10.0.0.1");
        Advance(100);
        Addresses("tail.test").Should().Be("10.0.0.2");
        _changes.Should().Equal("svc.test,tail.test");
    }

    [Fact]
    public void FileThatNeverRests_IsReadWithinASecondAllTheSame_AndOnceMoreWhenItRests()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        for (int step = 0; step < 9; step++)
        {
            _file.Write($"10.0.1.{step} svc.test\n");
            Advance(100);
        }

        Addresses().Should().StartWith("10.0.1.");
        Advance(1_000);
        Addresses().Should().Be("10.0.1.8");
    }

    [Fact]
    public void FileThatIsAwayForAMoment_IsNotForgotten()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        _file.Delete();
        Advance(500);
        Addresses().Should().Be("10.0.0.1");
        _file.Write("10.0.0.2 svc.test\n");
        Advance(300);
        Addresses().Should().Be("10.0.0.2");
        _changes.Should().Equal("svc.test");
    }

    [Fact]
    public void FileThatComesAndGoes_IsNotTakenForGone()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        for (int step = 0; step < 20; step++)
        {
            if (step % 2 == 0)
            {
                _file.Delete();
            }
            else
            {
                _file.Write($"10.0.0.{step} svc.test\n");
            }

            Advance(100);
            Addresses().Should().NotBe("");
        }
    }

    [Fact]
    public void FileThatIsGone_IsEmptyWithinASecond()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        _file.Delete();
        Advance(1_000);
        Addresses().Should().Be("");
        _file.Write("10.0.0.2 svc.test\n");
        Advance(1_000);
        Addresses().Should().Be("10.0.0.2");
        _changes.Should().Equal("svc.test", "svc.test");
    }

    [Fact]
    public void MissingFile_IsEmptyAndNotComplainedAbout()
    {
        Watch();
        Addresses().Should().Be("");
        Advance(5_000);
        _log.TextsOf("FileUnreadable").Should().BeEmpty();
        _changes.Should().BeEmpty();
    }

    [Fact]
    public void UnreadableFile_IsLoggedOnce_AndItsContentServesOn()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        _file.Delete();
        Directory.CreateDirectory(_file.Path);
        Advance(5_000);
        Addresses().Should().Be("10.0.0.1");
        _log.TextsOf("FileUnreadable").Should().ContainSingle();

        Directory.Delete(_file.Path);
        _file.Write("10.0.0.2 svc.test\n");
        Advance(1_000);
        Addresses().Should().Be("10.0.0.2");
    }

    [Fact]
    public void FileThatIsBeingWrittenAtTheFirstLook_IsReadAgain()
    {
        _file.Write("10.0.0.1 svc.test\n", _clock.GetUtcNow());
        Watch();
        Addresses("tail.test").Should().Be("");
        _file.Write("10.0.0.1 svc.test\n10.0.0.1 tail.test\n", _clock.GetUtcNow());
        Advance(200);
        Addresses("tail.test").Should().Be("10.0.0.1");
    }

    [Fact]
    public void WithoutWatch_TheFileIsLookedAtWhenAsked()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Addresses().Should().Be("10.0.0.1");
        _file.Write("10.0.0.2 svc.test\n");
        Addresses().Should().Be("10.0.0.1", "it was looked at this very moment");
        Advance(200);
        Addresses().Should().Be("10.0.0.2");
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void WithoutWatch_AFreshChangeSettlesFirst()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Addresses();
        Advance(200);
        _file.Write("10.0.0.2 svc.test\n", _clock.GetUtcNow());
        Addresses().Should().Be("10.0.0.1");
        Advance(100);
        Addresses().Should().Be("10.0.0.2");
    }

    [Fact]
    public void MalformedLines_AreWarnedAboutOnceForEachReading_WithFileAndLine()
    {
        _file.Write("10.0.0.1 svc.test\nnonsense\n");
        Watch();
        Advance(5_000);
        _log.TextsOf("HostsLineSkipped").Should().Equal($"{_file.Path}: has lines that are skipped: line 2, 'nonsense' is not an IP address: \"nonsense\".");
        Addresses().Should().Be("10.0.0.1");
    }

    [Fact]
    public void ManyMalformedLines_AreNotAllWarnedAbout()
    {
        _file.Write(string.Concat(Enumerable.Repeat("nonsense\n", 1_000)));
        Watch();
        _log.TextsOf("HostsLineSkipped").Should().ContainSingle().Which.Should().EndWith("line 3, 'nonsense' is not an IP address: \"nonsense\" and 997 more.");
    }

    [Fact]
    public void MalformedLinesThatStay_AreNotWarnedAboutAgain()
    {
        _file.Write("nonsense\n10.0.0.1 svc.test\n");
        Watch();
        _file.Write("nonsense\n10.0.0.2 svc.test\n");
        Advance(300);
        Addresses().Should().Be("10.0.0.2");
        _log.TextsOf("HostsLineSkipped").Should().ContainSingle();
    }

    [Fact]
    public void LongMalformedLine_IsShortened()
    {
        _file.Write(new string('x', 100_000));
        Watch();
        _log.TextsOf("HostsLineSkipped").Should().ContainSingle().Which.Length.Should().BeLessThan(500);
    }

    [Fact]
    public void FileThatIsDeleted_IsReportedAsMissingAndNotAsChanged()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        File.Delete(_file.Path);
        Advance(1_000);
        _log.Events.Should().Equal("FileMissing");
    }

    [Fact]
    public void NamedFileThatDoesNotExist_IsReported()
    {
        _hosts.Find("svc.test", AddressFamily.Unspecified).Should().BeNull();
        _hosts.Find("svc.test", AddressFamily.Unspecified).Should().BeNull();
        _log.TextsOf("FileMissing").Should().Equal($"{_file.Path}: does not exist, and counts as empty. It is read when it appears.");
    }

    [Fact]
    public void FileThatWasNeverReadable_IsSaidToCountAsEmpty()
    {
        new HostsFileResolver(_file.Folder, _clock, _log).Find("svc.test", AddressFamily.Unspecified).Should().BeNull();
        _log.Entries.Should().ContainSingle().Which.Should().Match<(string Event, string Message, Exception? Exception)>(
            entry => entry.Event == "FileUnreadable" && entry.Message.EndsWith("It counts as empty until it can be read.") && entry.Exception == null);
    }

    [Fact]
    public void SymbolicLink_ToAnotherFile_IsFollowed()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string first = Path.Combine(_file.Folder, "first");
        string second = Path.Combine(_file.Folder, "second");
        File.WriteAllText(first, "10.0.0.1 svc.test\n");
        File.WriteAllText(second, "10.0.0.2 svc.test\n");
        File.CreateSymbolicLink(_file.Path, first);
        Watch();
        Addresses().Should().Be("10.0.0.1");
        File.CreateSymbolicLink(_file.Path + ".next", second);
        File.Move(_file.Path + ".next", _file.Path, overwrite: true);
        Advance(300);
        Addresses().Should().Be("10.0.0.2");
        File.WriteAllText(second, "10.0.0.33 svc.test\n");
        Advance(300);
        Addresses().Should().Be("10.0.0.33");
    }

    [Fact]
    public void ChangeThatKeepsLengthAndTimeOfWriting_IsSeen()
    {
        DateTimeOffset wholeSecond = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
        _file.Write("10.0.0.1 svc.test\n", wholeSecond);
        Watch();
        _file.Write("10.0.0.2 svc.test\n", wholeSecond);
        Advance(300);
        Addresses().Should().Be("10.0.0.2");
    }

    [Fact]
    public void ListenerThatThrows_DoesNotEndTheWatch()
    {
        _file.Write("10.0.0.1 svc.test\n");
        _watch = _hosts.Watch(_ => throw new InvalidOperationException("a listener's mistake"));
        _file.Write("10.0.0.2 svc.test\n");
        Advance(1_000);
        _log.TextsOf("FilePollThrew").Should().ContainSingle();
        _file.Write("10.0.0.3 svc.test\n");
        Advance(1_000);
        Addresses().Should().Be("10.0.0.3");
    }

    [Fact]
    public void DisposingTheWatch_EndsIt()
    {
        _file.Write("10.0.0.1 svc.test\n");
        Watch();
        _clock.ActiveTimers.Should().Be(1);
        _watch!.Dispose();
        _clock.ActiveTimers.Should().Be(0);
        _file.Write("10.0.0.2 svc.test\n");
        Advance(5_000);
        _changes.Should().BeEmpty();
    }

    [Fact]
    public async Task Watch_InheritsNoAsyncLocals()
    {
        AsyncLocal<string> local = new() { Value = "of a request" };
        _file.Write("10.0.0.1 svc.test\n");
        TaskCompletionSource<string?> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        HostsFileResolver hosts = new(_file.Path, TimeProvider.System, _log);
        using IDisposable watch = hosts.Watch(_ => seen.TrySetResult(local.Value));
        _file.Write("10.0.0.2 svc.test\n");
        (await seen.Task.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeNull();
    }

    private void Watch() => _watch = _hosts.Watch(names => _changes.Add(string.Join(',', names!.Order())));

    private void Advance(int milliseconds) => _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private string Addresses(string host = "svc.test") =>
        _hosts.Find(host, AddressFamily.Unspecified) is Answer.Found found ? string.Join(',', found.Addresses) : "";
}
