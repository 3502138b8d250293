using System.Globalization;
using Convergence.Reports;

namespace Convergence.Fleet;

/// <summary>How many clients move in each tenth of a second after a flip.</summary>
internal static class FleetPicture
{
    private const int Width = 900, Left = 350, Right = 60, Top = 70, LaneHeight = 34, LanePitch = 46;
    private const double Bin = 0.1, Seconds = FleetRun.Ttl + 2;

    public static string Of(IReadOnlyList<(string Name, FleetRun Run)> runs)
    {
        int height = Top + (runs.Count * LanePitch) + 30;
        Svg svg = new(Width, height);
        svg.Text(16, 26, "clients that move in each 100 ms after a flip; each lane has a scale of its own, up to the figure at its right");
        double pixels = (Width - Left - Right) / Seconds;
        for (int i = 0; i < runs.Count; i++)
        {
            double bottom = Top + (i * LanePitch) + LaneHeight;
            int most = FleetRun.Peak(runs[i].Run.Followed, Bin);
            svg.Text(16, bottom - 12, $"{runs[i].Name}{(runs[i].Run.HasJitter ? "" : ", no jitter")}", size: 12);
            foreach (KeyValuePair<long, int> bin in runs[i].Run.Followed.CountBy(time => (long)(time / Bin)))
            {
                double bar = LaneHeight * (double)bin.Value / most;
                svg.Rectangle(Left + (bin.Key * Bin * pixels), bottom - bar, Math.Max(1, Bin * pixels), bar, runs[i].Run.HasJitter ? Svg.New : Svg.Sick);
            }

            svg.Line([(Left, bottom + 0.5), (Width - Right, bottom + 0.5)], "#cbd5e1");
            svg.Text(Width - Right + 6, bottom - 2, most.ToString("#,0", CultureInfo.InvariantCulture), Svg.Faint, 11);
        }

        for (int second = 0; second <= Seconds; second += 5)
        {
            svg.Text(Left + (second * pixels), height - 10, $"{second} s", Svg.Faint, 11, "middle");
        }

        return svg.ToString();
    }
}
