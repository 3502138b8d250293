namespace Worker;

/// <summary>The URL to poll, and how often.</summary>
internal sealed class PollOptions
{
    public Uri? Url { get; set; }

    public int Times { get; set; } = int.MaxValue;

    /// <summary>Prints the endpoints as JSON at the end.</summary>
    public bool Json { get; set; }

    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);
}
