namespace DnsAwareHttp.Health;

/// <summary>The signs of a departed server, as the connections of an endpoint show them.</summary>
/// <param name="Health">The endpoint's health.</param>
/// <param name="HasBroken">Whether a connection broke since DNS last named the address.</param>
/// <param name="HasEnded">Whether the server ended a connection since then.</param>
/// <param name="MayConnect">Whether the endpoint may open connections.</param>
/// <param name="IsBusy">Whether it has a connection or a request.</param>
/// <param name="IdleFor">For how long it was not busy.</param>
internal readonly record struct DepartureSigns(
    EndpointHealth Health, bool HasBroken, bool HasEnded, bool MayConnect, bool IsBusy, TimeSpan IdleFor)
{
    /// <summary>A sign that an address which DNS does not name is gone; null for no sign.</summary>
    /// <param name="idleTimeout">Without a connection or a request for this long the endpoint is not needed; infinite: idleness is no
    /// sign.</param>
    public (DepartureReason Reason, string Detail)? Find(TimeSpan idleTimeout) =>
        Health.State is EndpointState.Failing ? (DepartureReason.AbsentRefused, "refused")
        : HasBroken ? (DepartureReason.AbsentBroken, "its connection broke")
        : HasEnded ? (DepartureReason.AbsentEnded, "it ended a connection")
        : !MayConnect && !IsBusy ? (DepartureReason.AbsentIdle, "without connections")
        : idleTimeout >= TimeSpan.Zero && IdleFor >= idleTimeout ? (DepartureReason.AbsentIdle, "without traffic")
        : null;
}
