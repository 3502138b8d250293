namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Some of many at random, none twice.</summary>
internal static class Sample
{
    /// <summary>All of them when they are few enough; always in random order.</summary>
    public static int[] Some(int count, int[] many, Random random)
    {
        // Floyd's algorithm: as many draws as are wanted, however many there are.
        HashSet<int> places = [];
        for (int last = Math.Max(0, many.Length - count); last < many.Length; last++)
        {
            int place = random.Next(last + 1);
            _ = places.Add(place) || places.Add(last);
        }

        int[] some = [.. places.Select(place => many[place])];
        random.Shuffle(some);
        return some;
    }
}
