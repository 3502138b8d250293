namespace DnsAwareHttp.SampleTests;

/// <summary>The samples take turns: each promises times that two of them on one machine would not keep.</summary>
[CollectionDefinition(nameof(OneAfterTheOther), DisableParallelization = true)]
public sealed class OneAfterTheOther;
