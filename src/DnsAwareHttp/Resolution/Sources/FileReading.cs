using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The outcome of reading a file.</summary>
internal abstract record FileReading
{
    private FileReading()
    {
    }

    /// <summary>The whole text, and the stat that the file had before and after.</summary>
    public sealed record Whole(string Text, FileStat Stat) : FileReading;

    /// <summary>The file was written while it was read: the text may be half old and half new.</summary>
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

    /// <summary>Whether a small file has a known text in UTF-8, which nearly every look finds. It makes no copy of the text.</summary>
    /// <returns>False also if that cannot be told. Then <see cref="Of"/> tells it.</returns>
    public static bool HasText(string path, string? known)
    {
        if (known is null)
        {
            return false;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(known.Length) + 1);
        char[] chars = ArrayPool<char>.Shared.Rent(known.Length + Encoding.UTF8.GetMaxCharCount(1));
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            int length = ReadAll(file, bytes);
            ReadOnlySpan<byte> text = bytes.AsSpan(0, length);
            ReadOnlySpan<byte> mark = Encoding.UTF8.Preamble;
            return length < bytes.Length
                && Encoding.UTF8.TryGetChars(text.StartsWith(mark) ? text[mark.Length..] : text, chars, out int written)
                && chars.AsSpan(0, written).SequenceEqual(known);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    private static int ReadAll(SafeFileHandle file, byte[] buffer)
    {
        int length = 0;
        int read;
        do
        {
            read = RandomAccess.Read(file, buffer.AsSpan(length), length);
            length += read;
        }
        while (read > 0 && length < buffer.Length);
        return length;
    }

    // Others may write, replace or delete the file meanwhile.
    private static string TextOf(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(stream, Encoding.UTF8);
        char[] buffer = ArrayPool<char>.Shared.Rent((int)Math.Min(stream.Length + 1, Array.MaxLength));
        try
        {
            // One character needs at least one byte, so that the first block is all unless the file grows meanwhile.
            int length = reader.ReadBlock(buffer);
            return length < buffer.Length ? new string(buffer, 0, length) : new string(buffer) + reader.ReadToEnd();
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }
}
