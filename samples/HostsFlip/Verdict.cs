namespace HostsFlip;

/// <summary>What the recording shows: of the plain client, of ours, of the download, and whether our promise held.</summary>
internal sealed record Verdict(string Plain, string Ours, string Download, string Conclusion, bool PromiseHeld)
{
    // Design: a changed hosts file is followed within 1 s.
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    public static Verdict Of(Recording recording)
    {
        bool held = recording.Ours.Failures.Count == 0
            && recording.SwitchOf(recording.Ours) <= Promise
            && !recording.Ours.WentBackFrom(recording.Second)
            && recording.Download.IsComplete;
        string conclusion = held
            ? "The promise held: moved within 1 s, no request failed, nothing was cut short."
            : "The promise did NOT hold: moved within 1 s and never back, no request failed, nothing was cut short.";
        return new Verdict(OfPlain(recording), OfOurs(recording), OfDownload(recording), conclusion, held);
    }

    private static string OfPlain(Recording recording)
    {
        ClientRun plain = recording.Plain;
        if (plain.FirstAnswerOf(recording.Second) is TimeSpan early && early < recording.StoppedAt)
        {
            return $"opened a connection to {recording.Second} before its old server stopped, so it shows little this time; {FailuresOf(plain)}";
        }

        return $"kept to {recording.First} for {Seconds(recording.StoppedAt - recording.FlippedAt)} after the change, until that server stopped; {FailuresOf(plain)}";
    }

    private static string OfOurs(Recording recording)
    {
        ClientRun ours = recording.Ours;
        string move = recording.SwitchOf(ours) is TimeSpan time
            ? $"moved to {recording.Second} {time.TotalMilliseconds:0} ms after the change"
            : $"never moved to {recording.Second} for good";
        string back = ours.WentBackFrom(recording.Second) ? $", went back to {recording.First} in between" : "";
        return $"{move}{back}; {FailuresOf(ours)}";
    }

    private static string OfDownload(Recording recording)
    {
        DownloadRun download = recording.Download;
        if (!download.IsComplete)
        {
            return $"broken after {download.Bytes:N0} of {download.Length:N0} bytes: {download.Failure}";
        }

        string whole = $"{download.Bytes:N0} bytes from {download.Server}, whole, checksum right";
        return download.Ended > recording.FlippedAt
            ? $"{whole}; it ended {Seconds(download.Ended - recording.FlippedAt)} after the change."
            : $"{whole}; but it ended before the change, so it shows nothing this time.";
    }

    private static string FailuresOf(ClientRun client)
    {
        string reason = client.Failures is [Outcome.Failed first, ..] ? $" ({first.Reason.TrimEnd('.')})" : "";
        return $"{client.Failures.Count} of {client.Outcomes.Count:N0} requests failed{reason}.";
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0.0} s";
}
