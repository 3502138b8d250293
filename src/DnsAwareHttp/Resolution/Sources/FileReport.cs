using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Logs changes of a file, in words that say what it counts as.</summary>
/// <param name="path">The file.</param>
/// <param name="isNamed">Whether the application named it. Then a warning is logged if it does not exist from the beginning.</param>
/// <param name="logger">The log.</param>
internal sealed class FileReport(string path, bool isNamed, ILogger logger)
{
    /// <summary>The file cannot be read.</summary>
    /// <param name="exception">Why.</param>
    /// <param name="wasRead">Whether it has content that was read before.</param>
    public void OnUnreadable(Exception exception, bool wasRead) => logger.FileUnreadable(
        path, exception.Message.TrimEnd('.'),
        wasRead ? "The content that was read before stays in use" : "It counts as empty until it can be read");

    /// <summary>The file has another content than before.</summary>
    /// <param name="exists">Whether it exists.</param>
    /// <param name="isFirst">Whether it was not read before.</param>
    public void OnRead(bool exists, bool isFirst)
    {
        if (!exists && (isNamed || !isFirst))
        {
            logger.FileMissing(path);
        }
        else if (exists && !isFirst)
        {
            logger.FileChanged(path);
        }
    }
}
