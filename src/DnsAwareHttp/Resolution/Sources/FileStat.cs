namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The metadata of a file. If it is equal twice in a row, the file is not being written.</summary>
/// <remarks>It includes the target of a link: two files that were written in one tick of the clock may otherwise have equal
/// metadata.</remarks>
internal readonly record struct FileStat(bool Exists, string? Path, long Length, DateTime Written, DateTime Created)
{
    /// <summary>The stat of the file, or of the file that a symbolic link leads to in the end.</summary>
    public static FileStat Of(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.LinkTarget is not null)
            {
                file = (FileInfo?)file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            }

            return file.Exists ? new FileStat(true, file.FullName, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc) : default;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It was deleted meanwhile, or its folder cannot be read. Opening the file shows which.
            return default;
        }
    }
}
