namespace DnsAwareHttp.IntegrationTests;

/// <summary>A process whose thread pool has no thread to spare: requests are slow, as with the bare handler, and succeed.</summary>
[Collection(nameof(Alone))]
public sealed class StarvedPoolTests
{
    [Theory]
    [InlineData("bare", "result", 24)]
    [InlineData("ours", "result", 24)]
    [InlineData("bare", "send", 50)]
    [InlineData("ours", "send", 50)]
    [InlineData("ours", "search", 50)]
    public async Task NoThreadToSpare_NameServerIsWell_AllRequestsSucceed(string handler, string way, int requests)
    {
        using CancellationTokenSource late = new(TimeSpan.FromMinutes(3));
        string output = await ChildProcess.RunAsync("dotnet", [NamespaceProbe.Path, "starved", handler, way], end: late.Token);

        output.Trim().Should().Be($"succeeded: {requests}");
    }
}
