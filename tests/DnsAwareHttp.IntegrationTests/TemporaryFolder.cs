namespace DnsAwareHttp.IntegrationTests;

/// <summary>A folder that ends with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dnsaware-");

    public TemporaryFolder()
    {
        if (!OperatingSystem.IsWindows())
        {
            // Servers that drop root's rights read their files here.
            File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        }
    }

    public string this[string file] => Path.Combine(_folder.FullName, file);

    public string FullName => _folder.FullName;

    public string Write(string file, string text)
    {
        File.WriteAllText(this[file], text);
        return this[file];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
