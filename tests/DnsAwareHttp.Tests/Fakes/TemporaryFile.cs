namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A file of a test, in a folder of its own, whose time of writing the test decides.</summary>
public sealed class TemporaryFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dns-aware-http-").FullName;
    private int _count;

    public string Path => System.IO.Path.Combine(_folder, "file");

    public string Folder => _folder;

    /// <summary>Writes into the file as it is. Unless told otherwise, each time of writing is another one, long ago.</summary>
    public void Write(string text, DateTimeOffset? at = null)
    {
        File.WriteAllText(Path, text);
        Touch(at);
    }

    public void Touch(DateTimeOffset? at = null) =>
        File.SetLastWriteTimeUtc(Path, at?.UtcDateTime ?? new DateTime(2025, 1, 1, 0, 0, _count++, DateTimeKind.Utc));

    /// <summary>Puts another file in its place, as careful writers do.</summary>
    public void Replace(string text, DateTimeOffset? at = null)
    {
        string next = Path + ".next";
        File.WriteAllText(next, text);
        File.Move(next, Path, overwrite: true);
        Touch(at);
    }

    public void Delete() => File.Delete(Path);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
