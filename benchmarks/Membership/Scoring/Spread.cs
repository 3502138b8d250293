namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>The mean and the worst, which is the largest, of a count of figures; 0 of none.</summary>
internal sealed record Spread(int Count, double Mean, double Worst)
{
    public static Spread Of(IEnumerable<double> figures)
    {
        double[] all = [.. figures];
        return all.Length == 0 ? new Spread(0, 0, 0) : new Spread(all.Length, all.Average(), all.Max());
    }
}
