namespace DnsAwareHttp.IntegrationTests;

/// <summary>A process that can open no file and no socket for a while asks nobody. What it knows stays true.</summary>
[Collection(nameof(Alone))]
public sealed class SpentDescriptorsTests
{
    [ServerTheory("prlimit")] // Of Linux, like the limit that the program sets.
    [InlineData("bare")]
    [InlineData("ours")]
    public async Task NoDescriptorLeft_ForSomeTtls_WarmConnectionsServeOn(string handler)
    {
        string output = await ChildProcess.RunAsync("dotnet", [NamespaceProbe.Path, "spent", handler]);

        output.Trim().Should().Be("spent: True, failed: 0");
    }
}
