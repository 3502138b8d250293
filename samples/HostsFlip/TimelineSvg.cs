using System.Globalization;
using System.Net;
using System.Text;

namespace HostsFlip;

/// <summary>The recording as a picture: a lane for each client, ten bars a second, coloured by who answered; a lane for the download; the two events as lines.</summary>
internal sealed class TimelineSvg(Recording recording)
{
    private const int Width = 900, Height = 372, Left = 176, Right = 24, LaneHeight = 76, Tenths = 10;
    private const string First = "#2563eb", Second = "#059669", Failure = "#dc2626", Ink = "#0f172a", Faint = "#64748b";

    private readonly TimeSpan _length = LengthOf(recording);

    private double PixelsPerSecond => (Width - Left - Right) / _length.TotalSeconds;

    public static string Of(Recording recording) => new TimelineSvg(recording).Draw();

    private string Draw()
    {
        StringBuilder svg = new();
        int most = Math.Max(MostInATenth(recording.Plain), MostInATenth(recording.Ours));
        Open(svg);
        Legend(svg, recording);
        Events(svg);
        Lane(svg, "plain HttpClient", recording.Plain, most, top: 84);
        Lane(svg, "DnsAwareHandler", recording.Ours, most, top: 184);
        DownloadLane(svg, top: 284);
        Axis(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Open(StringBuilder svg) => svg.Append(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" fill="{Ink}">
        <rect width="{Width}" height="{Height}" rx="12" fill="#f8fafc"/>

        """);

    private static void Legend(StringBuilder svg, Recording recording)
    {
        Swatch(svg, Left, First, $"answered by {recording.First}");
        Swatch(svg, Left + 200, Second, $"answered by {recording.Second}");
        Swatch(svg, Left + 400, Failure, "failed");
    }

    private static void Swatch(StringBuilder svg, int x, string colour, string text) => svg.Append(CultureInfo.InvariantCulture, $"""
        <rect x="{x}" y="16" width="12" height="12" rx="2" fill="{colour}"/><text x="{x + 18}" y="27">{text}</text>

        """);

    private void Events(StringBuilder svg)
    {
        Event(svg, recording.FlippedAt, "the hosts file changes");
        Event(svg, recording.GoneAt, $"{recording.First} is switched off");
    }

    private void Event(StringBuilder svg, TimeSpan at, string text) => svg.Append(CultureInfo.InvariantCulture, $"""
        <path d="M{X(at):0.#} 66V{Height - 34}" stroke="{Faint}" stroke-dasharray="4 3"/>
        <text x="{X(at):0.#}" y="60" text-anchor="middle" fill="{Faint}">{text}</text>

        """);

    private void Lane(StringBuilder svg, string name, ClientRun client, int most, int top)
    {
        Heading(svg, name, Summary(recording, client), top);
        Line(svg, $"{recording.AnsweredByTheRemovedServer(client)} to a removed server", top + 58);
        ILookup<int, Outcome> tenths = client.Outcomes.ToLookup(outcome => (int)(outcome.Ended.TotalSeconds * Tenths));
        foreach (IGrouping<int, Outcome> tenth in tenths.Where(tenth => tenth.Key < _length.TotalSeconds * Tenths).OrderBy(tenth => tenth.Key))
        {
            double bottom = top + LaneHeight;
            foreach (IGrouping<string, Outcome> same in tenth.GroupBy(outcome => ColourOf(outcome, recording.First)).OrderBy(same => same.Key == Failure))
            {
                double height = (double)same.Count() / most * LaneHeight;
                bottom -= height;
                svg.Append(CultureInfo.InvariantCulture, $"""<rect x="{X(TimeSpan.FromSeconds((double)tenth.Key / Tenths)):0.#}" y="{bottom:0.#}" width="{(PixelsPerSecond / Tenths) - 1:0.#}" height="{height:0.#}" fill="{same.Key}"/>""");
            }
        }

        svg.Append('\n');
    }

    private void DownloadLane(StringBuilder svg, int top)
    {
        DownloadRun download = recording.Download;
        Heading(svg, "download, through ours", download.IsComplete ? "whole" : "broken", top - 8);
        string colour = !download.IsComplete ? Failure : recording.First.Equals(download.Server) ? First : Second;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <rect x="{X(download.Begun):0.#}" y="{top}" width="{Math.Max(2, X(download.Ended) - X(download.Begun)):0.#}" height="24" rx="4" fill="{colour}"/>
            <text x="{X(download.Begun) + 10:0.#}" y="{top + 17}" fill="#fff">one response, {download.Bytes:N0} bytes</text>

            """);
    }

    private static void Heading(StringBuilder svg, string name, string summary, int top)
    {
        svg.Append(CultureInfo.InvariantCulture, $"""
            <text x="16" y="{top + 22}" font-weight="600">{name}</text>

            """);
        Line(svg, summary, top + 42);
    }

    private static void Line(StringBuilder svg, string text, int y) => svg.Append(CultureInfo.InvariantCulture, $"""
        <text x="16" y="{y}" fill="{Faint}" font-size="12">{text}</text>

        """);

    private void Axis(StringBuilder svg)
    {
        for (int second = 0; second <= _length.TotalSeconds; second += 2)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""<text x="{X(TimeSpan.FromSeconds(second)):0.#}" y="{Height - 12}" text-anchor="middle" fill="{Faint}">{second} s</text>""");
        }
    }

    private static string Summary(Recording recording, ClientRun client) =>
        recording.SwitchOf(client) is TimeSpan time
            ? string.Create(CultureInfo.InvariantCulture, $"{client.Failures.Count} failed, moved in {time.TotalSeconds:0.0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{client.Failures.Count} failed, never moved");

    private static int MostInATenth(ClientRun client) =>
        client.Outcomes.CountBy(outcome => (int)(outcome.Ended.TotalSeconds * Tenths)).Select(tenth => tenth.Value).DefaultIfEmpty(1).Max();

    // 12 s, and more where a busy machine needed more.
    private static TimeSpan LengthOf(Recording recording)
    {
        TimeSpan end = recording.GoneAt + Schedule.TrafficAfterwards;
        return TimeSpan.FromSeconds(Math.Max(Schedule.End.TotalSeconds, 2 * Math.Ceiling((end.TotalSeconds - 0.5) / 2)));
    }

    private static string ColourOf(Outcome outcome, IPAddress first) => outcome switch
    {
        Outcome.Answered answer => answer.Server.Equals(first) ? First : Second,
        _ => Failure,
    };

    private double X(TimeSpan time) => Left + (time.TotalSeconds * PixelsPerSecond);
}
