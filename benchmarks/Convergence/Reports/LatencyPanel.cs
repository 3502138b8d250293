using Convergence.Measuring;

namespace Convergence.Reports;

/// <summary>How long requests take, on a logarithmic axis: for each tenth of a second from the median to the longest.</summary>
internal sealed class LatencyPanel : IPanel
{
    private const double Shortest = 0.1;
    private const double Longest = 3000;
    private const double Late = 500;

    public string Title => "time to the answer, from the median to the longest, 0.1 ms to 3 s";

    public IEnumerable<(string Colour, string Text)> Legend => [(Svg.First, "up to 500 ms"), (Svg.Sick, "longer"), (Svg.Failure, "failed")];

    public void Draw(Svg svg, Recording recording, Lane lane)
    {
        foreach ((double x, Sample[] samples) in lane.Bins(recording.Samples))
        {
            Samples bin = new(samples);
            double longest = bin.Quantile(1).TotalMilliseconds;
            double top = lane.Bottom - (lane.Height * Share(longest));
            double bottom = lane.Bottom - (lane.Height * Share(bin.Quantile(0.5).TotalMilliseconds));
            svg.Rectangle(x, top, lane.BinWidth - 0.6, Math.Max(1.5, bottom - top), bin.Failed > 0 ? Svg.Failure : longest > Late ? Svg.Sick : Svg.First);
        }
    }

    private static double Share(double milliseconds) => Math.Clamp(Math.Log(milliseconds / Shortest) / Math.Log(Longest / Shortest), 0, 1);
}
