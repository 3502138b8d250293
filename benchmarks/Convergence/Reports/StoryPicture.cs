using System.Globalization;
using Convergence.Measuring;
using Convergence.Stories;

namespace Convergence.Reports;

/// <summary>A picture of a story: a lane for each contender, the time from left to right, the events as dashed lines.</summary>
internal static class StoryPicture
{
    private const int Width = 900, Left = 290, Right = 40, Top = 84, LaneHeight = 30, LanePitch = 44, Foot = 34;

    public static string Of(IReadOnlyList<Result> results, IPanel panel)
    {
        Recording first = results[0].Recording;
        int height = Top + (results.Count * LanePitch) + Foot;
        Svg svg = new(Width, height);
        TimeSpan length = first.Pace.Ttls(first.Story.Quiet + first.Story.After);
        svg.Text(16, 26, $"{first.Story.Name}: {panel.Title}");
        Legend(svg, panel);
        for (int i = 0; i < results.Count; i++)
        {
            Recording recording = results[i].Recording;
            Lane lane = new(Left, Top + (i * LanePitch), Width - Left - Right, LaneHeight, recording.Began, length);
            svg.Text(16, lane.Top + 19, recording.Contender.Title.Replace("`", "", StringComparison.Ordinal), size: recording.Contender.IsOurs ? 13 : 12);
            panel.Draw(svg, recording, lane);
            svg.Line([(Left, lane.Bottom + 0.5), (Width - Right, lane.Bottom + 0.5)], "#cbd5e1");
            Events(svg, recording, lane, isFirst: i == 0);
        }

        Lane all = new(Left, Top, Width - Left - Right, height - Top - Foot, first.Began, length);
        Axis(svg, first, all, height - 12);
        return svg.ToString();
    }

    private static void Legend(Svg svg, IPanel panel)
    {
        int x = Left;
        foreach ((string colour, string text) in panel.Legend)
        {
            svg.Swatch(x, 48, colour, text);
            x += 38 + (text.Length * 6);
        }
    }

    // Each run takes its steps at its own time.
    private static void Events(Svg svg, Recording recording, Lane lane, bool isFirst)
    {
        double free = 0;
        foreach (TakenStep taken in recording.Steps.Where(_ => recording.Story.Freshness is not null))
        {
            double x = lane.X(taken.At);
            svg.Line([(x, lane.Top - 6), (x, lane.Bottom + 6)], Svg.Faint, dashed: true);
            if (isFirst && x > free)
            {
                svg.Text(x, lane.Top - 12, Said(taken.Step.Kind), Svg.Faint, 11, "middle");
                free = x + 110;
            }
        }
    }

    private static void Axis(Svg svg, Recording recording, Lane lane, double y)
    {
        for (int second = 0; second <= lane.Length.TotalSeconds; second += lane.Length.TotalSeconds > 30 ? 10 : 1)
        {
            svg.Text(lane.X(TimeSpan.FromSeconds(second)), y, string.Create(CultureInfo.InvariantCulture, $"{second} s"), Svg.Faint, 11, "middle");
        }

        svg.Text(16, y, string.Create(CultureInfo.InvariantCulture, $"TTL {recording.Pace.TtlSeconds} s ({recording.Pace.Exact:0.#} × faster than told)"), Svg.Faint, 11);
    }

    private static string Said(StepKind kind) => kind switch
    {
        StepKind.Says => "DNS changes",
        StepKind.Stop => "switched off",
        StepKind.Silence => "goes silent",
        StepKind.BrownOut => "brown-out",
        StepKind.DnsFalls => "DNS falls",
        _ => "DNS is back",
    };
}
