using System.Diagnostics;

namespace Convergence.Reports;

/// <summary>Where a contender is drawn: a strip of the picture with the time from left to right.</summary>
/// <param name="Left">Where the time begins.</param>
/// <param name="Top">The upper edge.</param>
/// <param name="Width">The length of the time axis.</param>
/// <param name="Height">Of the strip.</param>
/// <param name="Began">The timestamp at the left.</param>
/// <param name="Length">The time from left to right.</param>
internal sealed record Lane(double Left, double Top, double Width, double Height, long Began, TimeSpan Length)
{
    /// <summary>A bar stands for this time.</summary>
    public static readonly TimeSpan Bin = TimeSpan.FromMilliseconds(100);

    public double Bottom => Top + Height;

    public double BinWidth => Width * (Bin / Length);

    public double X(long timestamp) => X(Stopwatch.GetElapsedTime(Began, timestamp));

    public double X(TimeSpan time) => Left + (Width * Math.Clamp(time / Length, 0, 1));

    /// <summary>The samples of each bar, with where it begins.</summary>
    public IEnumerable<(double X, Sample[] Samples)> Bins(IEnumerable<Sample> samples) => samples
        .Where(sample => Stopwatch.GetElapsedTime(Began, sample.Due) < Length)
        .GroupBy(sample => (int)(Stopwatch.GetElapsedTime(Began, sample.Due) / Bin)).OrderBy(bin => bin.Key)
        .Select(bin => (X(Bin * bin.Key), bin.ToArray()));
}
