namespace DnsAwareHttp.Resolution.Sources;

/// <summary>What DNS said, and whether it could be asked at all: if not, others may be.</summary>
internal readonly record struct DnsOutcome(Answer Answer, bool WasAsked);
