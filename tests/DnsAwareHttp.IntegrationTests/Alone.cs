namespace DnsAwareHttp.IntegrationTests;

/// <summary>Tests that load both cores run one after the other.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
