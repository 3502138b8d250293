namespace HostsFlip;

/// <summary>When what happens, counted from the first request. On a busy machine a step waits for the one that it needs.</summary>
internal static class Schedule
{
    // In the middle of a second, so that the change is seen within one line of the live view.
    public static readonly TimeSpan Flip = TimeSpan.FromSeconds(2.5);
    public static readonly TimeSpan FirstServerGoes = TimeSpan.FromSeconds(7.5);
    public static readonly TimeSpan TrafficAfterwards = TimeSpan.FromSeconds(4.5);
    public static readonly TimeSpan End = FirstServerGoes + TrafficAfterwards;

    // Begins before the flip and ends after it, and before the first server goes.
    public static readonly TimeSpan DownloadBegins = TimeSpan.FromSeconds(0.5);
    public static readonly TimeSpan DownloadLasts = TimeSpan.FromSeconds(6);

    /// <summary>How long both clients wait for an answer. The default of HttpClient is 100 s, longer than anybody watches a demo.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How long the first server waits for our client to leave it. A client that stays longer has broken the promise.</summary>
    public static readonly TimeSpan PatienceForTheMove = TimeSpan.FromSeconds(20);

    /// <summary>Whatever happens, the demo is over then.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
}
