using System.Text.Json;
using System.Xml.Linq;

namespace DnsAwareHttp.SampleTests;

/// <summary>The first sample that a reader starts: a plain client beside ours, and one name that changes its address.</summary>
[Collection(nameof(OneAfterTheOther))]
public sealed class HostsFlipTests
{
    private const int Columns = 100;

    [Fact]
    public async Task TheStory_ShowsTheHarmOfThePlainClient_AndNoneOfOurs()
    {
        string picture = Path.Combine(Path.GetTempPath(), $"hostsflip-{Guid.NewGuid():n}.svg");
        await using Sample sample = Sample.Start("HostsFlip", "--json", "--svg", picture);

        // 1 says that the move took more than a second, as on a machine that does other work.
        (await sample.EndAsync()).Should().BeOneOf([0, 1], sample.ToString());

        using JsonDocument result = JsonDocument.Parse(sample.Output[^1]);
        JsonElement plain = result.RootElement.GetProperty("plain"), ours = result.RootElement.GetProperty("ours");
        Number(plain, "toRemovedServer").Should().BePositive("the plain client stays with the connections that it has");
        Number(plain, "failed").Should().BePositive("the server is switched off while the plain client uses it");
        Number(ours, "toRemovedServer").Should().BeLessThan(Number(plain, "toRemovedServer") / 4, "it leaves within a second");
        Number(ours, "failed").Should().Be(0);
        result.RootElement.GetProperty("download").GetProperty("complete").GetBoolean().Should().BeTrue();
        XDocument.Load(picture).Root!.Name.LocalName.Should().Be("svg");
        File.Delete(picture);

        // With --json the story is told on standard error.
        sample.Errors.Should().ContainSingle(line => line.StartsWith("The harm: ", StringComparison.Ordinal))
            .Which.Should().MatchRegex("^The harm: [1-9][0-9]* requests went to a server that DNS had removed; then [1-9][0-9]* failed: ");
        sample.Errors.Should().ContainSingle(line => line.StartsWith("answered by a server removed 1 s before", StringComparison.Ordinal))
            .Which.Should().MatchRegex(" [1-9][0-9]* +[0-9]+$");
        sample.Errors.Should().OnlyContain(line => line.Length <= Columns);
    }

    [Fact]
    public async Task TheHelp_FitsTheScreen()
    {
        await using Sample sample = Sample.Start("HostsFlip", "--help");

        (await sample.EndAsync()).Should().Be(0);

        sample.Output.Should().NotBeEmpty().And.OnlyContain(line => line.Length <= Columns);
    }

    private static int Number(JsonElement client, string name) => client.GetProperty(name).GetInt32();
}
