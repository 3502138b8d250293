using System.Diagnostics;
using System.Reflection;
using System.Xml.Linq;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>The benchmark of convergence as a user starts it.</summary>
public sealed class ConvergenceRunTests
{
    private static string Program { get; } =
        typeof(ConvergenceRunTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Convergence").Value!;

    [NamespaceFact("named", "rndc-confgen", "unshare", "mount")]
    public async Task OneStory_OneClient_PrintsItsTableAndDrawsItsPictures()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(120));

        string output = await ChildProcess.RunAsync(
            "dotnet", [Program, "--story", "blue-green", "--contender", "adaptive", "--flips", "2", "--output", folder.FullName], null, late.Token);

        output.Should().MatchRegex(@"\| DnsAwareHttp \(`Adaptive`, the default\) \| [0-9.]+ s \| [0-9.]+ s \| 0 \| ");
        File.ReadAllText(folder["results.md"]).Should().Contain("blue-green");
        foreach (string picture in (string[])["answers", "latency", "connections"])
        {
            XDocument.Load(folder[$"blue-green-{picture}.svg"]).Root!.Name.LocalName.Should().Be("svg");
        }
    }

    [Fact]
    public async Task Fleet_PrintsItsTableAndDrawsItsPicture()
    {
        using TemporaryFolder folder = new();

        string output = await ChildProcess.RunAsync("dotnet", [Program, "fleet", folder.FullName]);

        output.Should().Contain("10,000 clients, TTL 30 s.");
        XDocument.Load(folder["fleet.svg"]).Root!.Name.LocalName.Should().Be("svg");
    }

    [Theory]
    [InlineData("--story", "nowhere", "There is no story 'nowhere'; there are blue-green, ")]
    [InlineData("--contender", "nobody", "There is no contender 'nobody'; there are plain, ")]
    [InlineData("--flips", "0", "--flips needs a whole number from 1 to 200, not '0'.")]
    [InlineData("--scale", "31", "--scale needs a number from 1 to 30, not '31'.")]
    [InlineData("--output", "--quick", "--output needs a value.")]
    [InlineData("--wrong", "x", "'--wrong' is not an option.")]
    public async Task WrongUse_TellsWhatIsWrong(string option, string value, string message)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Program, option, value]) { RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        error.Should().Contain(message);
        process.ExitCode.Should().Be(2);
    }
}
