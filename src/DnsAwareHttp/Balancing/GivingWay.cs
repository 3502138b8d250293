using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Tells whether an endpoint that takes only a share of its requests gives way to another one, this time.</summary>
internal static class GivingWay
{
    /// <remarks>
    /// Where both take a share only, the shares are compared: endpoints that fail alike take equal parts. A new endpoint gives way only to
    /// one that has room now. Of an endpoint that fails at once the room is no merit: it gives way also to one that opens a connection.
    /// </remarks>
    /// <param name="picked">The endpoint whose turn it is.</param>
    /// <param name="other">The one that may take its place.</param>
    /// <param name="random">The source of random numbers.</param>
    public static bool Does(EndpointPool picked, EndpointPool other, Random random)
    {
        float share = picked.Share;
        return share < 1 && random.NextDouble() * other.Share >= share && HasPlace(other, insteadOf: picked);
    }

    private static bool HasPlace(EndpointPool other, EndpointPool insteadOf) =>
        other.Room.IsFree || (insteadOf.IsPressed && !other.IsPressed && other.Room.CanGrow);
}
