namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The answer of DNS, and whether a server could be asked. If not, other sources may be asked.</summary>
internal readonly record struct DnsOutcome(Answer Answer, bool WasAsked);
