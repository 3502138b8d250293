using System.Globalization;
using System.Text;
using Convergence.Measuring;
using Convergence.Stories;

namespace Convergence.Reports;

/// <summary>The table of a story in Markdown, and who keeps all three promises.</summary>
internal static class StoryReport
{
    /// <summary>What a follower of DNS may take beside the TTL.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromMilliseconds(250);

    public static string Of(Story story, Pace pace, IReadOnlyList<Result> results)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"## {story.Name}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Sentence(story.Title)} {What(story.Freshness)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Scaled(pace, results[0].Recording)}").AppendLine();
        text.AppendLine("| | fresh p50 | fresh p99 | failed | connections/h | queries/min | calm p99 | p99.9 | change p99 | p99.9 | CPU µs | bytes |");
        text.AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (Result result in results)
        {
            text.AppendLine(Row(result));
        }

        return text.AppendLine().AppendLine(Verdict(results)).ToString();
    }

    /// <summary>Which rows are fresh within the TTL and 250 ms, have no failure, and open no connection without a change.</summary>
    public static IEnumerable<Result> Kept(IReadOnlyList<Result> results) => results.Where(result =>
        (result.FreshP99 is not TimeSpan fresh || fresh <= result.Recording.Pace.Ttl + Allowance) && result.Failed == 0 && result.ConnectionsPerHour == 0);

    private static string Verdict(IReadOnlyList<Result> results)
    {
        string[] kept = [.. Kept(results).Select(result => result.Recording.Contender.Title)];
        return $"Fresh within TTL + 250 ms, no failure, and no connection opened without a change: {(kept.Length == 0 ? "none" : string.Join("; ", kept))}.";
    }

    private static string Sentence(string title) => $"{char.ToUpperInvariant(title[0])}{title[1..]}.";

    private static string What(Freshness? freshness) => freshness switch
    {
        Freshness.LastOnOldAddress => "Fresh: the last request that an old address answers.",
        Freshness.AllNewAddresses => "Fresh: each new address has answered.",
        Freshness.LastHarm => "Fresh: the last request that fails or takes longer than 500 ms.",
        _ => "No server changes.",
    };

    private static string Scaled(Pace pace, Recording recording) => string.Create(
        CultureInfo.InvariantCulture,
        $"{recording.Clients} clients, {recording.Story.PerSecond} requests/s each, TTL {pace.TtlSeconds} s: {pace.Exact:0.#} times faster than told (TTL 30 s). Connections and queries are those of one client as told; times are as measured.");

    private static string Row(Result result) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {result.Recording.Contender.Title} | {Time(result.FreshP50)} | {Time(result.FreshP99)} | {result.Failed:#,0} | {result.ConnectionsPerHour:#,0} | {result.QueriesPerMinute:0.0} "
        + $"| {Milliseconds(result.Calm.Quantile(0.99))} | {Milliseconds(result.Calm.Quantile(0.999))} | {Milliseconds(result.Changing.Quantile(0.99))} | {Milliseconds(result.Changing.Quantile(0.999))} "
        + $"| {result.Recording.CpuPerRequest.TotalMicroseconds:0} | {result.Recording.BytesPerRequest:#,0} |");

    private static string Time(TimeSpan? time) => time switch
    {
        null => "–",
        TimeSpan never when never == FreshnessOf.Never => "never",
        TimeSpan known => $"{known.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s",
    };

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds.ToString(time.TotalMilliseconds < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture)} ms";
}
