using System.Globalization;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>A number as people read it: three digits that matter.</summary>
internal static class Figure
{
    public static string Of(double value) => Math.Abs(value) switch
    {
        >= 99.95 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 9.995 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    public static string Of(Spread spread)
    {
        string mean = Of(spread.Mean);
        string worst = Of(spread.Worst);
        return mean == worst ? mean : $"{mean} ({worst})";
    }
}
