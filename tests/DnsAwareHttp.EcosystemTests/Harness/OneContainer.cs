namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>Tests that run while no other test makes or disposes a container.</summary>
[CollectionDefinition(nameof(OneContainer), DisableParallelization = true)]
public sealed class OneContainer;
