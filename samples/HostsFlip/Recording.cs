using System.Net;

namespace HostsFlip;

/// <summary>Everything that happened. Times count from the start of the demo.</summary>
internal sealed record Recording
{
    /// <summary>The server that the name had before the flip.</summary>
    public required IPAddress First { get; init; }

    /// <summary>The server that the name has since the flip.</summary>
    public required IPAddress Second { get; init; }

    public required TimeSpan FlippedAt { get; init; }

    /// <summary>When the first server fell silent.</summary>
    public required TimeSpan GoneAt { get; init; }

    public required ClientRun Plain { get; init; }

    public required ClientRun Ours { get; init; }

    public required DownloadRun Download { get; init; }

    /// <summary>
    /// How many requests the first server answered although DNS had removed it. What was sent within the promised time after the flip
    /// does not count: nobody can know at once.
    /// </summary>
    public int AnsweredByTheRemovedServer(ClientRun client) => client.AnswersOf(First, FlippedAt + Verdict.Promise);

    /// <summary>How long after the flip a client had moved to the second server for good; null if it never did.</summary>
    public TimeSpan? SwitchOf(ClientRun client) => client.MovedAt(Second) - FlippedAt;
}
