using System.Text;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>What came of reading a file.</summary>
internal abstract record FileReading
{
    private FileReading()
    {
    }

    /// <summary>The whole text, and the stat that the file had before and after.</summary>
    public sealed record Whole(string Text, FileStat Stat) : FileReading;

    /// <summary>Somebody wrote while it was read: the text may be half old and half new.</summary>
    public sealed record Torn : FileReading;

    public sealed record Missing : FileReading;

    public sealed record Unreadable(Exception Exception) : FileReading;

    public static FileReading Of(string path)
    {
        try
        {
            FileStat before = FileStat.Of(path);
            string text = TextOf(path);
            return before.Exists && FileStat.Of(path) == before ? new Whole(text, before) : new Torn();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Missing();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Unreadable(exception);
        }
    }

    // Whoever wants to write, replace or delete the file meanwhile may.
    private static string TextOf(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
