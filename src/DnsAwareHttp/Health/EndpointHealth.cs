namespace DnsAwareHttp.Pools;

/// <summary>What an endpoint is doing, why, and since when.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Connects that failed in a row.</param>
/// <param name="Breaks">Requests in a row whose connection broke before an answer. A connect that succeeds does not end the row, an answer does.</param>
/// <param name="IsMisdirected">Whether it answered 421 (Misdirected Request) since the latest answer about its name.</param>
internal sealed record EndpointStatus(EndpointState State, string Reason, DateTimeOffset Since, int Failures = 0, int Breaks = 0, bool IsMisdirected = false);
