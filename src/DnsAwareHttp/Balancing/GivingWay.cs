using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Tells whether an endpoint that takes only a share of its requests gives way to another one, this time.</summary>
internal static class GivingWay
{
    /// <param name="picked">The endpoint whose turn it is.</param>
    /// <param name="other">The one that may take its place.</param>
    /// <param name="random">The source of random numbers.</param>
    public static bool Does(EndpointPool picked, EndpointPool other, Random random) =>
        IsTime(picked, random) && HasPlace(other, insteadOf: picked);

    /// <summary>Whether an endpoint gives this turn away, if another one has a place. Nearly always one read.</summary>
    public static bool IsTime(EndpointPool picked, Random random) => picked.Share < 1 && random.NextDouble() >= picked.Share;

    /// <summary>Whether another endpoint may take the place of one that gives its turn away.</summary>
    /// <remarks>
    /// A new endpoint gives way only to one that has room now. Of an endpoint that fails at once the room is no merit: it gives way also
    /// to one that opens a connection.
    /// </remarks>
    public static bool HasPlace(EndpointPool other, EndpointPool insteadOf) =>
        other.Room.IsFree || (insteadOf.IsPressed && !other.IsPressed && other.Room.CanGrow);
}
