namespace DnsAwareHttp.Pools;

/// <summary>What an endpoint is doing, why, and since when.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Connects that failed in a row.</param>
internal sealed record EndpointStatus(EndpointState State, string Reason, DateTimeOffset Since, int Failures = 0);
