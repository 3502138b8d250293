namespace DnsAwareHttp.Resolution;

/// <summary>
/// The least time between two background questions about each of the names that one origin has, however short their TTLs are.
/// </summary>
/// <remarks>
/// Whoever owns the records of a service may name many targets, with a TTL of 0. One request would have us ask about all of them each
/// second, for as long as the origin is kept.
/// </remarks>
internal sealed class RefreshPace
{
    /// <summary>With so many names, each is asked about once a second at most.</summary>
    public const int NamesPerSecond = 16;

    private long _ticks;

    /// <summary>Zero for up to <see cref="NamesPerSecond"/> names.</summary>
    public TimeSpan LeastInterval => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    /// <summary>The origin has so many names from now on.</summary>
    public void ShareAmong(int names)
    {
        TimeSpan each = names <= NamesPerSecond ? TimeSpan.Zero : TimeSpan.FromSeconds((double)names / NamesPerSecond);
        Volatile.Write(ref _ticks, each.Ticks);
    }
}
