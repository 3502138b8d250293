namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Tests that load both cores run when no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
