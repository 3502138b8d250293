namespace DnsAwareHttp.FidelityTests;

/// <summary>Tests that load both cores, or listen to the whole process, run when no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
