namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>The answer of <c>/json</c>.</summary>
public sealed record AddressDocument(string Address);
