using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class FileReportTests
{
    private readonly CapturingLogger _log = new();

    [Theory]
    [InlineData(true, "/etc/x: cannot be read (Access denied). The content that was read before stays in use.")]
    [InlineData(false, "/etc/x: cannot be read (Access denied). It counts as empty until it can be read.")]
    public void Unreadable_SaysWhatCounts(bool wasRead, string expected)
    {
        Report(isNamed: false).OnUnreadable(new IOException("Access denied."), wasRead);

        _log.TextsOf("FileUnreadable").Should().Equal(expected);
    }

    [Theory]
    [InlineData(true, true, true, "")]
    [InlineData(true, true, false, "FileChanged")]
    [InlineData(true, false, true, "FileMissing")]
    [InlineData(true, false, false, "FileMissing")]
    [InlineData(false, true, true, "")]
    [InlineData(false, true, false, "FileChanged")]
    [InlineData(false, false, true, "")]
    [InlineData(false, false, false, "FileMissing")]
    public void Read_TellsChanges_AndAtFirstOnlyThatANamedFileIsMissing(bool isNamed, bool exists, bool isFirst, string expected)
    {
        Report(isNamed).OnRead(exists, isFirst);

        string.Join(' ', _log.Events).Should().Be(expected);
    }

    private FileReport Report(bool isNamed) => new("/etc/x", isNamed, _log);
}
