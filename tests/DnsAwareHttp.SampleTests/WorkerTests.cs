using System.Text.Json;

namespace DnsAwareHttp.SampleTests;

/// <summary>The worker to copy from, which polls a server of its own.</summary>
[Collection(nameof(OneAfterTheOther))]
public sealed class WorkerTests
{
    [Fact]
    public async Task TheWorker_PollsFiveTimes_AndPrintsItsEndpoint()
    {
        await using Sample sample = Sample.Start("Worker");

        (await sample.EndAsync()).Should().Be(0, sample.ToString());

        sample.Output.Where(line => line == "200 OK").Should().HaveCount(5);
        sample.Output.Should().ContainSingle(line => line.StartsWith("  127.0.0.1:", StringComparison.Ordinal))
            .Which.Should().EndWith(": Ready, 5 requests, 1 connections");
    }

    [Fact]
    public async Task WithJson_ItPrintsTheSnapshot()
    {
        await using Sample sample = Sample.Start("Worker", "--Poll:Times=2", "--Poll:Json=true");

        (await sample.EndAsync()).Should().Be(0, sample.ToString());

        using JsonDocument snapshot = JsonDocument.Parse(
            sample.Output.Single(line => line.StartsWith('{')));
        JsonElement endpoint = snapshot.RootElement.GetProperty("origins")[0].GetProperty("endpoints")[0];
        endpoint.GetProperty("state").GetString().Should().Be("Ready");
        endpoint.GetProperty("totalRequests").GetInt32().Should().Be(2);
    }

    [Fact]
    public async Task AnUnknownKey_IsAnErrorThatNamesIt()
    {
        await using Sample sample = Sample.Start("Worker", "--Api:DrainTimeuot=1");

        (await sample.EndAsync()).Should().Be(1);

        sample.Errors.Should().Contain(line => line.Contains("DrainTimeuot", StringComparison.Ordinal));
    }
}
