using System.Net;

namespace HostsFlip;

/// <summary>How the download went.</summary>
internal sealed record DownloadRun
{
    public TimeSpan Begun { get; init; }

    public TimeSpan Ended { get; init; }

    /// <summary>The server that it came from; null if none answered.</summary>
    public IPAddress? Server { get; init; }

    public long Bytes { get; init; }

    public long Length { get; init; }

    public bool ChecksumIsRight { get; init; }

    /// <summary>What went wrong, if anything.</summary>
    public string? Failure { get; init; }

    public bool IsComplete => Length > 0 && Bytes == Length && ChecksumIsRight;
}
