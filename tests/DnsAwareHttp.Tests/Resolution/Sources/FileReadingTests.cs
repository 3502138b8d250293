using System.Text;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class FileReadingTests : IDisposable
{
    private readonly TemporaryFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void File_IsReadWholeWithItsStat()
    {
        _file.Write("10.0.0.1 svc.test\n");

        FileReading.Of(_file.Path).Should().Be(new FileReading.Whole("10.0.0.1 svc.test\n", FileStat.Of(_file.Path)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200_000)]
    public void Text_IsAsLongAsItIs(int length)
    {
        string text = new('x', length);
        _file.Write(text);

        TextOf().Should().Be(text);
    }

    [Fact]
    public void CharactersOfSeveralBytes_AndAByteOrderMark_AreRead()
    {
        File.WriteAllText(_file.Path, "# bücher 漢字 😀", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        TextOf().Should().Be("# bücher 漢字 😀");
    }

    [Fact]
    public void NoFile_OrNoFolder_IsMissing()
    {
        FileReading.Of(_file.Path).Should().BeOfType<FileReading.Missing>();
        FileReading.Of(Path.Combine(_file.Folder, "no", "file")).Should().BeOfType<FileReading.Missing>();
    }

    [Fact]
    public void Folder_IsUnreadable() =>
        FileReading.Of(_file.Folder).Should().BeOfType<FileReading.Unreadable>().Which.Exception.Should().BeOfType<UnauthorizedAccessException>();

    [Fact]
    public void FileThatIsBeingWritten_IsRead()
    {
        using FileStream writer = new(_file.Path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        writer.Write("half"u8);
        writer.Flush();

        TextOf().Should().Be("half");
    }

    // The kernel tells a length of 0 for it. So the text does not fit into what the length makes room for.
    [LinuxFact]
    public void FileThatIsLongerThanItsStat_IsReadToItsEnd() =>
        FileReading.Of("/proc/self/status").Should().BeOfType<FileReading.Whole>().Which.Text.Should().Contain("VmRSS:").And.EndWith("\n");

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.1 svc.test\n")]
    [InlineData("# bücher 漢字 😀")]
    public void HasText_ItsOwnTextOnly(string text)
    {
        _file.Write(text);

        FileReading.HasText(_file.Path, text).Should().BeTrue();
        FileReading.HasText(_file.Path, text + "#").Should().BeFalse();
        FileReading.HasText(_file.Path, "#" + text).Should().BeFalse();
        FileReading.HasText(_file.Path, null).Should().BeFalse();
        File.AppendAllText(_file.Path, " ");
        FileReading.HasText(_file.Path, text).Should().BeFalse();
    }

    [Fact]
    public void HasText_AByteOrderMarkDoesNotCount()
    {
        File.WriteAllText(_file.Path, "10.0.0.1 svc.test", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        FileReading.HasText(_file.Path, TextOf()).Should().BeTrue();
    }

    [Fact]
    public void HasText_ItCannotBeTold_IsFalse()
    {
        FileReading.HasText(_file.Path, "text").Should().BeFalse("there is no file");
        FileReading.HasText(_file.Folder, "text").Should().BeFalse("it is a folder");
        File.WriteAllText(_file.Path, "10.0.0.1 svc.test", Encoding.Unicode);
        FileReading.HasText(_file.Path, TextOf()).Should().BeFalse("another encoding is read in full");
    }

    [Fact]
    public void HasText_MakesNoCopy()
    {
        string text = new('#', 40_000);
        _file.Write(text);
        FileReading.HasText(_file.Path, text).Should().BeTrue();

        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isSame = FileReading.HasText(_file.Path, text);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        isSame.Should().BeTrue();
        allocated.Should().BeLessThan(2_000, "a copy of the text has 80,000 bytes");
    }

    private string TextOf() => FileReading.Of(_file.Path).Should().BeOfType<FileReading.Whole>().Which.Text;
}
