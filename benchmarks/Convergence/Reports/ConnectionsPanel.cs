using System.Globalization;
using Convergence.Measuring;

namespace Convergence.Reports;

/// <summary>How many connections each client has opened since the picture begins; the lanes have one scale.</summary>
internal sealed class ConnectionsPanel(IReadOnlyList<Result> results) : IPanel
{
    private readonly double _most = Math.Max(1, results.Max(result => PerClient(result.Recording).DefaultIfEmpty().Max(sample => sample.Opened)));

    public string Title => string.Create(CultureInfo.InvariantCulture, $"connections opened by each client, 0 to {_most:0.#}");

    public IEnumerable<(string Colour, string Text)> Legend => [];

    public void Draw(Svg svg, Recording recording, Lane lane)
    {
        (long At, double Opened)[] samples = [.. PerClient(recording)];
        svg.Line(samples.Select(sample => (lane.X(sample.At), lane.Bottom - (lane.Height * sample.Opened / _most))), Svg.First);
        svg.Text(lane.Left + lane.Width + 4, lane.Bottom - 2, samples.Length == 0 ? "0" : samples[^1].Opened.ToString("0.#", CultureInfo.InvariantCulture), Svg.Faint, 11);
    }

    private static IEnumerable<(long At, double Opened)> PerClient(Recording recording)
    {
        int before = recording.Connections.Where(sample => sample.At < recording.Began).Select(sample => sample.Opened).LastOrDefault();
        return recording.Connections.Where(sample => sample.At >= recording.Began && sample.At <= recording.End)
            .Select(sample => (sample.At, (double)(sample.Opened - before) / recording.Clients));
    }
}
