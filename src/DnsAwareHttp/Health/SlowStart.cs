namespace DnsAwareHttp.Health;

/// <summary>
/// The share of its requests that a new endpoint takes beside warm ones: a tenth at its first connection, all of them ten seconds later.
/// </summary>
internal static class SlowStart
{
    public const float FirstShare = 0.1f;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    /// <summary>The share of an endpoint that started slowly.</summary>
    public static float ShareOf(EndpointHealth health, DateTimeOffset now)
    {
        double warmth = health.State is EndpointState.Ready ? (now - health.Since) / Duration : 0;
        return (float)Math.Clamp(warmth, FirstShare, 1);
    }
}
