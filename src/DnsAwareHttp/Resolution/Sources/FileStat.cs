namespace DnsAwareHttp.Resolution.Sources;

/// <summary>What a file system tells of a file without opening it. Two equal ones in a row: nobody is writing.</summary>
/// <remarks>The path of the file that a link leads to is part of it: two files written in one tick of the clock may be alike in all else.</remarks>
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
            // It vanished between two of these looks, or its folder is closed to us. Opening it will tell which.
            return default;
        }
    }
}
