namespace HostsFlip;

/// <summary>When what happens, counted from the first request.</summary>
internal static class Schedule
{
    // In the middle of a second, so that the change is seen within one line of the live view.
    public static readonly TimeSpan Flip = TimeSpan.FromSeconds(4.5);
    public static readonly TimeSpan FirstServerStops = TimeSpan.FromSeconds(9.5);
    public static readonly TimeSpan End = TimeSpan.FromSeconds(12);

    // Begun well before the flip, ended well before the first server stops.
    public static readonly TimeSpan DownloadBegins = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan DownloadLasts = TimeSpan.FromSeconds(6);

    /// <summary>Whatever happens, the demo is over then.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
}
