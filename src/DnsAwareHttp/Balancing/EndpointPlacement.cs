using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>One endpoint and its place among the others. Immutable: another place is another value, in another set.</summary>
/// <param name="Pool">The endpoint.</param>
internal sealed record EndpointPlacement(EndpointPool Pool)
{
    /// <summary>Endpoints of a lower number go first (RFC 2782).</summary>
    public int Priority { get; init; }

    /// <summary>The part of the requests, relative to that of others of the same priority.</summary>
    public float Weight { get; init; } = 1;

    /// <summary>Whether this host has a route to the address.</summary>
    public bool HasRoute { get; init; } = true;

    /// <summary>Why the address is in use, for people.</summary>
    public string Membership { get; init; } = "present";

    /// <summary>Whether the latest answer lacks the address.</summary>
    public bool IsLingering { get; init; }

    /// <summary>Whether others are preferred: connecting fails, it is not the place for this origin, or there is no way to it.</summary>
    public bool IsAvoided => IsAvoidedIn(Pool.Health, mayBeOut: true);

    /// <summary>As <see cref="IsAvoided"/>, in a state that was read before.</summary>
    /// <param name="health">The health of the endpoint.</param>
    /// <param name="mayBeOut">False: too many are ejected, and an ejection does not count.</param>
    public bool IsAvoidedIn(EndpointHealth health, bool mayBeOut) =>
        !HasRoute || health.IsAvoidedBesidesEjection || (mayBeOut && health.State is EndpointState.Ejected);
}
