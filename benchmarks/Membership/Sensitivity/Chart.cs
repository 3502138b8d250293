namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Curves over one horizontal axis.</summary>
/// <param name="Title">What the chart shows.</param>
/// <param name="XAxis">The horizontal axis.</param>
/// <param name="YAxis">The vertical axis.</param>
/// <param name="Curves">The curves.</param>
internal sealed record Chart(string Title, Axis XAxis, Axis YAxis, IReadOnlyList<Curve> Curves)
{
    /// <summary>A vertical line, for the value in use.</summary>
    public Mark? XMark { get; init; }

    /// <summary>A horizontal line, for what is promised.</summary>
    public Mark? YMark { get; init; }
}

/// <summary>One axis of a chart.</summary>
/// <param name="Label">What it measures, with the unit.</param>
/// <param name="Ticks">Its labelled values; the first and the last are its ends.</param>
/// <param name="IsLogarithmic">Whether equal distances are equal factors.</param>
internal sealed record Axis(string Label, double[] Ticks, bool IsLogarithmic = false)
{
    /// <summary>Where a value lies: 0 at the first tick, 1 at the last one.</summary>
    public double Place(double value) => IsLogarithmic
        ? Math.Log(value / Ticks[0]) / Math.Log(Ticks[^1] / Ticks[0])
        : (value - Ticks[0]) / (Ticks[^1] - Ticks[0]);
}

/// <summary>One curve of a chart.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Points">Its points, from left to right.</param>
internal sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A value that a chart points out.</summary>
/// <param name="Value">The value.</param>
/// <param name="Text">What it is.</param>
internal sealed record Mark(double Value, string Text);
