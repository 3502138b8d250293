using System.Globalization;
using System.Net;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Draws charts below one another as SVG.</summary>
internal static class SvgPicture
{
    private const int Width = 860;
    private const int Height = 330;
    private const int Left = 70;
    private const int Right = 640;
    private const int Top = 44;
    private const int Bottom = 270;

    private static readonly string[] Colours = ["#1b6ca8", "#c8553d", "#3a7d44", "#7b4fa3"];

    public static IEnumerable<string> Of(params IReadOnlyList<Chart> charts) =>
    [
        $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height * charts.Count}" """
            + """font-family="sans-serif" font-size="13" fill="#222">""",
        $"""<rect width="{Width}" height="{Height * charts.Count}" fill="#fff"/>""",
        .. charts.SelectMany((chart, i) => (string[])[$"""<g transform="translate(0 {Height * i})">""", .. Panel(chart), "</g>"]),
        "</svg>",
    ];

    private static IEnumerable<string> Panel(Chart chart) =>
    [
        Text(Left, 24, chart.Title, "font-weight=\"bold\" font-size=\"15\""),
        .. chart.XAxis.Ticks.SelectMany(tick => XTick(chart.XAxis, tick)),
        .. chart.YAxis.Ticks.SelectMany(tick => YTick(chart.YAxis, tick)),
        Text((Left + Right) / 2, Bottom + 42, chart.XAxis.Label, Middle),
        $"""<text transform="translate(18 {(Top + Bottom) / 2}) rotate(-90)" {Middle}>{WebUtility.HtmlEncode(chart.YAxis.Label)}</text>""",
        .. Marks(chart),
        .. chart.Curves.SelectMany((curve, i) => Drawn(chart, curve, i)),
    ];

    private static IEnumerable<string> XTick(Axis axis, double tick) =>
    [
        Line(X(axis, tick), Top, X(axis, tick), Bottom, "#ddd"),
        Text(X(axis, tick), Bottom + 20, Number(tick), Middle),
    ];

    private static IEnumerable<string> YTick(Axis axis, double tick) =>
    [
        Line(Left, Y(axis, tick), Right, Y(axis, tick), "#ddd"),
        Text(Left - 8, Y(axis, tick) + 4, Number(tick), "text-anchor=\"end\""),
    ];

    private static IEnumerable<string> Marks(Chart chart)
    {
        if (chart.XMark is Mark vertical)
        {
            double x = X(chart.XAxis, vertical.Value);
            yield return Line(x, Top, x, Bottom, "#222", "stroke-dasharray=\"4 4\"");
            yield return Text(x, Top - 4, vertical.Text, Middle);
        }

        if (chart.YMark is Mark horizontal)
        {
            double y = Y(chart.YAxis, horizontal.Value);
            yield return Line(Left, y, Right, y, "#222", "stroke-dasharray=\"4 4\"");
            yield return Text(Right + 8, y + 4, horizontal.Text);
        }
    }

    private static IEnumerable<string> Drawn(Chart chart, Curve curve, int number)
    {
        string colour = Colours[number % Colours.Length];
        IEnumerable<string> points = curve.Points.Select(point => $"{Number(X(chart.XAxis, point.X))},{Number(Y(chart.YAxis, point.Y))}");
        yield return $"""<polyline points="{string.Join(' ', points)}" fill="none" stroke="{colour}" stroke-width="2.5"/>""";
        yield return Text(Right + 8, Y(chart.YAxis, curve.Points[^1].Y) + 4, curve.Name, $"fill=\"{colour}\"");
    }

    private const string Middle = "text-anchor=\"middle\"";

    private static double X(Axis axis, double value) => Left + (axis.Place(value) * (Right - Left));

    private static double Y(Axis axis, double value) => Bottom - (axis.Place(value) * (Bottom - Top));

    private static string Line(double x1, double y1, double x2, double y2, string colour, string more = "") =>
        $"""<line x1="{Number(x1)}" y1="{Number(y1)}" x2="{Number(x2)}" y2="{Number(y2)}" stroke="{colour}" {more}/>""";

    private static string Text(double x, double y, string text, string more = "") =>
        $"""<text x="{Number(x)}" y="{Number(y)}" {more}>{WebUtility.HtmlEncode(text)}</text>""";

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
