namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Whether one promise held on one trace.</summary>
/// <param name="Trace">The name of the trace.</param>
/// <param name="Promise">What was promised.</param>
/// <param name="Allowed">The figure that it sets, for people.</param>
/// <param name="Found">The figure that was found, for people.</param>
/// <param name="Held">Whether that is good enough.</param>
internal sealed record Finding(string Trace, string Promise, string Allowed, string Found, bool Held);
