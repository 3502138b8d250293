using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class FileStatTests : IDisposable
{
    private static readonly DateTimeOffset Written = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void MissingFile_DoesNotExist()
    {
        FileStat.Of(_file.Path).Should().Be(default(FileStat));
        FileStat.Of(Path.Combine(_file.Folder, "no", "file")).Exists.Should().BeFalse();
        FileStat.Of(_file.Folder).Exists.Should().BeFalse("a folder is no file");
    }

    [Fact]
    public void File_HasItsLengthAndTime()
    {
        _file.Write("12345", Written);

        FileStat.Of(_file.Path).Should().BeEquivalentTo(new { Exists = true, Length = 5, Path = _file.Path, Written = Written.UtcDateTime });
    }

    [Fact]
    public void UnchangedFile_HasAnEqualStat_AndAChangedOneHasNot()
    {
        _file.Write("one", Written);
        FileStat before = FileStat.Of(_file.Path);
        FileStat.Of(_file.Path).Should().Be(before);

        _file.Touch(Written.AddSeconds(1));
        FileStat.Of(_file.Path).Should().NotBe(before);

        _file.Write("longer", Written);
        FileStat.Of(_file.Path).Should().NotBe(before);
    }

    [LinuxFact]
    public void Link_HasTheStatOfTheFileInTheEnd()
    {
        _file.Write("one", Written);
        string inner = Path.Combine(_file.Folder, "inner");
        string outer = Path.Combine(_file.Folder, "outer");
        File.CreateSymbolicLink(inner, _file.Path);
        File.CreateSymbolicLink(outer, inner);
        FileStat.Of(outer).Should().Be(FileStat.Of(_file.Path));

        string other = Path.Combine(_file.Folder, "other");
        File.Copy(_file.Path, other);
        FileStat before = FileStat.Of(outer);
        File.Delete(inner);
        File.CreateSymbolicLink(inner, other);

        FileStat.Of(outer).Path.Should().Be(other);
        FileStat.Of(outer).Should().NotBe(before);
    }

    [LinuxFact]
    public void LinkToNothing_DoesNotExist()
    {
        string link = Path.Combine(_file.Folder, "link");
        File.CreateSymbolicLink(link, _file.Path);

        FileStat.Of(link).Exists.Should().BeFalse();
    }
}
