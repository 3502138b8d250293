using System.Globalization;
using System.Text;

namespace Convergence.Reports;

/// <summary>The shapes of a picture.</summary>
internal sealed class Svg
{
    public const string First = "#2563eb", New = "#059669", Sick = "#d97706", Failure = "#dc2626", Ink = "#0f172a", Faint = "#64748b";

    private readonly StringBuilder _text = new();

    public Svg(int width, int height)
    {
        _text.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" fill="{Ink}">
            <rect width="{width}" height="{height}" rx="12" fill="#f8fafc"/>

            """);
    }

    public void Rectangle(double x, double y, double width, double height, string colour) =>
        _text.Append(CultureInfo.InvariantCulture, $"""<rect x="{x:0.#}" y="{y:0.#}" width="{width:0.#}" height="{height:0.#}" fill="{colour}"/>""");

    public void Text(double x, double y, string text, string colour = Ink, int size = 13, string anchor = "start") => _text.Append(
        CultureInfo.InvariantCulture,
        $"""<text x="{x:0.#}" y="{y:0.#}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)}</text>""").Append('\n');

    public void Swatch(double x, double y, string colour, string text)
    {
        Rectangle(x, y - 10, 11, 11, colour);
        Text(x + 17, y, text, size: 12);
    }

    /// <summary>A line through these points.</summary>
    public void Line(IEnumerable<(double X, double Y)> points, string colour, bool dashed = false) => _text.Append(
        CultureInfo.InvariantCulture,
        $"""<polyline points="{string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")))}" fill="none" stroke="{colour}" stroke-width="{(dashed ? 1 : 1.5)}"{(dashed ? " stroke-dasharray=\"4 3\"" : "")}/>""").Append('\n');

    public override string ToString() => $"{_text}</svg>\n";
}
