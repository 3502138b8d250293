using System.Globalization;

namespace HostsFlip;

/// <summary>What the recording shows: the figures of both clients, the harm, the download, and whether our promise held.</summary>
internal sealed record Verdict(string Figures, string Harm, bool HarmSeen, string Download, string Conclusion, bool PromiseHeld)
{
    /// <summary>Within that time a changed hosts file is followed.</summary>
    public static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    public static Verdict Of(Recording recording)
    {
        bool held = recording.Ours.Failures.Count == 0
            && recording.SwitchOf(recording.Ours) <= Promise
            && !recording.Ours.WentBackFrom(recording.Second)
            && recording.Download.IsComplete;
        int harm = recording.AnsweredByTheRemovedServer(recording.Plain);
        return new Verdict(
            FiguresOf(recording), HarmOf(recording.Plain, harm), harm > 0, OfDownload(recording), ConclusionOf(recording, held), held);
    }

    private static string FiguresOf(Recording recording)
    {
        ClientRun plain = recording.Plain, ours = recording.Ours;
        return string.Join('\n',
            Row("", "plain HttpClient", "with DnsAwareHandler"),
            Row("requests", Count(plain.Outcomes.Count), Count(ours.Outcomes.Count)),
            Row("all at the new server after", MoveOf(recording, plain), MoveOf(recording, ours)),
            Row("answered by a server removed 1 s before",
                Count(recording.AnsweredByTheRemovedServer(plain)), Count(recording.AnsweredByTheRemovedServer(ours))),
            Row("failed", Count(plain.Failures.Count), Count(ours.Failures.Count)),
            Row("longest wait for an answer", Seconds(plain.LongestWait), Seconds(ours.LongestWait)));
    }

    private static string HarmOf(ClientRun plain, int harm)
    {
        string failures = plain.Failures is [Outcome.Failed first, ..]
            ? $"; then {plain.Failures.Count} failed: {Short(first.Reason)}"
            : "";
        return harm > 0
            ? $"The harm: {harm} requests went to a server that DNS had removed{failures}."
            : "No harm was seen: the plain client opened new connections by chance. Run it again.";
    }

    private static string ConclusionOf(Recording recording, bool held)
    {
        ClientRun ours = recording.Ours;
        string back = ours.WentBackFrom(recording.Second) ? "went back to the old server in between, " : "";
        string move = recording.SwitchOf(ours) is TimeSpan time ? $"moved in {time.TotalMilliseconds:0} ms" : "never moved for good";
        return held
            ? $"The promise held: {move}, no request failed, nothing was cut short."
            : $"The promise did NOT hold: {move}, {back}{ours.Failures.Count} failed{FirstReason(ours)}.";
    }

    private static string OfDownload(Recording recording)
    {
        DownloadRun download = recording.Download;
        if (!download.IsComplete)
        {
            return $"The download broke after {download.Bytes:N0} of {download.Length:N0} bytes: {Short(download.Failure ?? "")}.";
        }

        string whole = $"The download from {download.Server} came whole, its checksum is right";
        return download.Ended > recording.FlippedAt
            ? $"{whole}; it ended {Seconds(download.Ended - recording.FlippedAt)} after the change."
            : $"{whole}; but it ended before the change.";
    }

    private static string MoveOf(Recording recording, ClientRun client) =>
        recording.SwitchOf(client) is TimeSpan time ? Seconds(time) : "never";

    private static string FirstReason(ClientRun client) => client.Failures is [Outcome.Failed first, ..] ? $" ({Short(first.Reason)})" : "";

    // A line of the output has 100 columns.
    private static string Short(string reason) => reason.Length <= 30 ? reason.TrimEnd('.') : $"{reason[..27]}...";

    private static string Row(string what, string plain, string ours) => $"{what,-42}{plain,18}{ours,24}";

    private static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
